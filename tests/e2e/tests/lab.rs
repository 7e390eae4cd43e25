//! The laboratory, as a person uses it: everything that is checked is read off the page.

use e2e::{DESKTOP, PHONE, Page, SOON, Visit};
use std::time::Duration;

/// Long enough for simulated seconds to pass on a busy machine.
const A_WHILE: Duration = Duration::from_secs(60);

fn lab() -> Page {
    let page = Visit::on(DESKTOP).still().open_at("#/lab");
    page.wait_until("the stage shows a leader for orders-0", SOON, |p| p.leader_of("orders-0").is_some());
    page
}

#[test]
fn a_world_is_alive_when_one_comes() {
    let page = lab();
    assert_eq!(page.labels_of("g.broker").len(), 3, "brokers");
    assert_eq!(page.labels_of("[aria-label^='컨트롤러 ']").len(), 3, "controllers");
    assert_eq!(page.isr_of("orders-0"), 3);
    assert!(page.labels_of("[aria-label^='그룹 payment']").len() == 1, "a group is there");
    assert!(page.leader_of("orders-0").is_some_and(|leader| leader.high_watermark > 0), "records have been committed");
    page.screenshot("lab");
}

#[test]
fn time_goes_forward_back_and_where_one_drags_it() {
    let page = lab();
    // Many events happen within one millisecond, so the clock alone does not tell two moments apart.
    let sight = |p: &Page| (p.clock(), p.replicas(), p.labels_of(".packets [aria-label]"));
    let begun = sight(&page);
    page.click("[aria-label^='한 사건 앞으로']");
    page.wait_until("one event has passed", SOON, |p| sight(p) != begun);
    let first = sight(&page);
    page.click("[aria-label^='한 사건 앞으로']");
    page.wait_until("another event has passed", SOON, |p| sight(p) != first);
    page.click("[aria-label^='한 사건 뒤로']");
    page.wait_until("the stage shows what it showed after the first event", SOON, |p| sight(p) == first);
    page.click("[aria-label^='재생']");
    page.wait_until("time goes on by itself", SOON, |p| p.clock() > first.0 + 20);
    page.click("[aria-label^='멈춤']");
    let stopped = page.clock();
    // The rail's left end is the beginning of time.
    page.script(
        "const r = document.querySelector('.rail'), b = r.getBoundingClientRect();
         for (const t of ['pointerdown', 'pointermove', 'pointerup'])
           r.dispatchEvent(new PointerEvent(t, { bubbles: true, clientX: b.left + 2, clientY: b.top + b.height / 2, pointerId: 1, buttons: 1 }));",
    );
    page.wait_until("the drag has gone back in time", SOON, |p| p.clock() < stopped);
    page.click("[aria-label^='처음으로']");
    page.wait_until("it is the beginning", SOON, |p| p.clock() == 0);
}

#[test]
fn a_record_goes_in_by_terminal_and_by_button_and_is_committed_everywhere() {
    let page = lab();
    page.command("producer p stop");
    page.command("run 3s");
    finish(&page);
    let committed =
        |p: &Page| (0..3).filter_map(|n| p.leader_of(&format!("orders-{n}"))).map(|l| l.high_watermark).sum::<i64>();
    let before = committed(&page);
    page.command("kafka-topics --create --topic notes --partitions 1 --replication-factor 3");
    finish(&page);
    page.wait_for_text("Created topic notes.");
    // The controller has decided; the brokers have yet to hear of it.
    page.command("run 100ms");
    finish(&page);
    page.wait_until("the new topic is on the stage", SOON, |p| p.leader_of("notes-0").is_some());
    page.command("producer q start --topic notes");
    page.command("producer q send user-1:hello");
    page.command("run 2s");
    finish(&page);
    page.wait_until("every replica of notes-0 has the record below its high watermark", SOON, |p| {
        let replicas = p.replicas_of("notes-0");
        replicas.len() == 3 && replicas.iter().all(|r| (r.high_watermark, r.log_end) == (1, 1))
    });
    page.click_text("레코드 보내기");
    page.click(".popover button.primary");
    finish(&page);
    page.command("run 2s");
    finish(&page);
    page.wait_until("the record that was sent by button is committed", A_WHILE, |p| {
        committed(p) + p.leader_of("notes-0").map_or(0, |l| l.high_watermark) > before + 1
    });
    page.click("g.face");
    page.wait_for_text("leader-epoch-checkpoint");
}

#[test]
fn a_leader_dies_and_comes_back() {
    let page = lab();
    let before = page.leader_of("orders-0").unwrap();
    page.command(&format!("broker kill {}", before.broker));
    page.wait_until("the broker is said to be off", SOON, |p| {
        p.labels_of("g.broker")
            .iter()
            .any(|label| label.contains(&format!("브로커 {}", before.broker)) && label.contains("꺼"))
    });
    page.command("run 15s");
    finish(&page);
    page.wait_until("another leads in a higher term, and the ISR has shrunk", A_WHILE, |p| {
        p.leader_of("orders-0").is_some_and(|now| now.broker != before.broker && now.epoch == before.epoch + 1)
            && p.isr_of("orders-0") == 2
    });
    page.screenshot("broker-dead");
    page.command(&format!("broker start {}", before.broker));
    page.command("run until isr(orders-0).len == 3");
    finish(&page);
    page.wait_until("the ISR has grown again", A_WHILE, |p| p.isr_of("orders-0") == 3);
    let ahead = page.leader_of("orders-0").unwrap().high_watermark;
    page.command("run 3s");
    finish(&page);
    page.wait_until("the high watermark moves on", A_WHILE, |p| {
        p.leader_of("orders-0").is_some_and(|l| l.high_watermark > ahead)
    });
    page.click(".dock [id='tab-events']");
    page.wait_for_text("ISR");
}

#[test]
fn a_consumer_dies_and_one_comes_and_the_group_shares_anew() {
    let page = lab();
    page.command("show group payment");
    page.wait_for_text("generation 1");
    page.command("consumer c start --group payment --topic orders");
    page.command("run 15s");
    finish(&page);
    page.command("show group payment");
    page.wait_for_text("generation 2");
    page.command("consumer a kill");
    page.command("run 55s");
    finish(&page);
    page.command("show group payment");
    page.wait_for_text("generation 3");
    page.screenshot("group");
}

#[test]
fn a_bad_line_changes_nothing_and_says_what_was_meant() {
    let page = lab();
    let (clock, replicas) = (page.clock(), page.replicas());
    page.command("brokr kill 1");
    page.wait_for_text("broker인가요");
    page.command("kafka-topics --create --topic orders --partitions -3 --frobnicate");
    page.wait_for_text("--frobnicate");
    assert_eq!((page.clock(), page.replicas()), (clock, replicas));
    page.go_to("#/lesson/zz9");
    page.wait_for_text("zz9");
    page.screenshot("unknown-lesson");
}

#[test]
fn a_session_outlives_a_reload() {
    let page = lab();
    page.command("run 4s");
    finish(&page);
    page.command("broker kill 2");
    let before = (page.clock(), page.replicas());
    page.script("location.reload()");
    page.wait_until("the same world is there again", A_WHILE, |p| {
        p.count("g.face") == before.1.len() && p.clock() == before.0 && p.replicas() == before.1
    });
}

#[test]
fn a_spoilt_session_is_said_to_be_so_and_the_page_stands() {
    let page = lab();
    page.script(
        "for (const k of Object.keys(localStorage)) if (k.includes('session')) localStorage.setItem(k, '{spoilt');",
    );
    page.script(
        "window.addEventListener('pagehide', () => { for (const k of Object.keys(localStorage)) if (k.includes('session')) localStorage.setItem(k, '{spoilt'); });
         location.reload()",
    );
    page.wait_for_text("세션");
    page.wait_until("a fresh world is there", A_WHILE, |p| p.leader_of("orders-0").is_some());
    page.screenshot("spoilt-session");
}

#[test]
fn the_laboratory_fits_a_phone() {
    let page = Visit::on(PHONE).dark().still().open_at("#/lab");
    page.wait_until("the stage is there", SOON, |p| p.count("g.face") > 0);
    page.screenshot("lab-phone-dark");
}

/// Lets what is being played come to its end at once, if it has not already.
fn finish(page: &Page) {
    page.script("for (const b of document.querySelectorAll('button')) if (b.textContent.includes('바로 끝내기')) { b.click(); break; }");
}

#[test]
fn anything_can_be_looked_at_and_time_runs_as_fast_as_one_likes() {
    let page = lab();
    page.click("g.broker");
    page.wait_for_text("broker.heartbeat.interval.ms");
    page.click(".record");
    page.wait_for_text("partitionLeaderEpoch");
    page.click("g.client.member");
    page.wait_for_text("auto.commit.interval.ms");
    page.screenshot("inspector");
    let speed = |p: &Page| p.attribute_of("[aria-label='재생 속도']", "aria-valuetext");
    let before = speed(&page);
    page.click("[aria-label='재생 속도']");
    page.wait_until("another speed is said", SOON, |p| speed(p) != before);
}

#[test]
fn trouble_on_a_link_is_drawn_and_a_message_is_seen_to_get_lost() {
    let page = lab();
    page.command("link delay 1 2 200ms --one-way");
    page.wait_until("the slow link says so", SOON, |p| p.labels_of("g.trouble").iter().any(|it| it.contains("+200ms")));
    let told = page.labels_of("g.trouble");
    assert!(told[0].starts_with("브로커 1에서 브로커 2로 가는 길"), "{told:?}");
    page.command("link cut 1 3");
    page.wait_until("the cut has a cross", SOON, |p| p.count("g.cut circle") == 1);
    page.wait_until("a message gets lost on the cut link", A_WHILE, |p| {
        p.click("[aria-label^='한 사건 앞으로']");
        p.count(".packet.lost") > 0
    });
    page.screenshot("links");
    page.command("link heal * *");
    page.wait_until("all is well again", SOON, |p| p.count("g.trouble") + p.count("g.cut") == 0);
}

#[test]
fn stories_part_and_are_compared() {
    let page = lab();
    page.click_text("브랜치");
    page.wait_until("there is one story", SOON, |p| p.count(".lane") == 1);
    page.click_text("이 순간에 이름 붙이기");
    page.wait_until("the moment has a name, in its lane and on the track", SOON, |p| {
        p.texts_of(".lane-mark") == ["mark-1"] && p.count(".pin") == 1
    });
    page.click_text("여기서 갈라 보기");
    page.wait_until("another story begins", SOON, |p| {
        p.count(".lane") == 2 && p.text_of(".lane.told").contains("branch-1")
    });
    page.click_text("터미널");
    page.command("broker kill leader(orders-0)");
    page.command("run 15s");
    finish(&page);
    page.click_text("브랜치");
    page.click_text("견주기");
    page.wait_until("the broker is dead in one of them only", SOON, |p| {
        let words = p.text_of("table.diff");
        words.contains("실행 중") && words.contains("꺼짐") && words.contains("리더 에포크")
    });
    page.screenshot("branches");
    page.click(".lane-name:not([disabled])");
    page.wait_until("the first story is on the stage again", SOON, |p| p.text_of(".lane.told").contains("main"));
    page.wait_until("its leader lives", SOON, |p| p.leader_of("orders-0").is_some_and(|it| it.epoch == 0));
    page.resize(PHONE);
    page.script("document.querySelector('.dock').scrollIntoView()");
    page.screenshot("branches-phone");
}
