//! Every lesson is played to its end: what it promises must happen in the model.

use kafkascope::command::{Output, Terminal};
use kafkascope::lesson::{Cue, Lesson, Player, PlayerState, catalog, find, read};
use kafkascope::sim::Session;
use std::rc::Rc;

fn lessons() -> Vec<Rc<Lesson>> {
    catalog().unwrap_or_else(|error| panic!("{error}"))
}

fn attempt(session: &Session, script: &str) -> (Session, Output) {
    let mut session = session.clone();
    let output = Terminal::default().execute(&mut session, script);
    (session, output)
}

fn said(output: &Output) -> String {
    output.lines.iter().map(|line| format!("\n    {}", line.text)).collect()
}

/// Plays one step; returns the session after its goals.
fn play_step(player: &mut Player, mut session: Session) -> Session {
    let place = format!("{}, '{}' ({}행)", player.lesson().file, player.step().title, player.step().line);
    if player.step().prediction.is_some() {
        assert!(matches!(player.cue(), Cue::Ask), "{place}: the prediction comes first");
        player.predict(0);
    }
    player.advance(&mut session);
    assert!(matches!(player.cue(), Cue::Done), "{place}: the commands do not end");
    if let Some(prediction) = player.step().prediction.clone() {
        let verdict = player.verdict().unwrap_or_else(|| panic!("{place}: no verdict"));
        let holds: Vec<(String, bool)> = prediction
            .options
            .iter()
            .map(|option| (option.text.clone(), option.predicate.holds(session.cluster()) == Ok(true)))
            .collect();
        assert!(verdict.right.is_some(), "{place}: not exactly one option is right: {holds:?}");
        assert!(prediction.event.is_none() || verdict.event.is_some(), "{place}: the event to see did not happen");
        for option in &prediction.options {
            let known = option.predicate.holds(session.cluster());
            assert!(known.is_ok(), "{place}: '{}': {known:?}", option.text);
        }
    }
    for check in &player.step().checks {
        assert_eq!(
            check.holds(session.cluster()),
            Ok(true),
            "{place}: the prose takes for granted that {}",
            check.source()
        );
    }
    if player.step().goals.is_empty() {
        return session;
    }
    assert!(!player.is_passed(&session), "{place}: the goals are reached before anything is done");
    for script in &player.step().wrong {
        let (after, output) = attempt(&session, script);
        assert!(!player.is_passed(&after), "{place}: a wrong try succeeds:\n{script}{}", said(&output));
    }
    let mut solved = None;
    for script in &player.step().solutions {
        let (after, output) = attempt(&session, script);
        let goals = player.goals(&after);
        assert!(output.ok && player.is_passed(&after), "{place}: {goals:?} after\n{script}{}", said(&output));
        solved = solved.or(Some(after));
    }
    solved.expect("the reader sees to it that there is a solution")
}

#[test]
fn every_lesson_can_be_played_to_its_end() {
    for lesson in lessons() {
        let (mut player, mut session) = Player::start(&lesson).unwrap_or_else(|error| panic!("{error}"));
        loop {
            session = play_step(&mut player, session);
            if !player.next_step(&session) {
                break;
            }
        }
        assert_eq!(player.step_index() + 1, lesson.steps.len(), "{}", lesson.file);
        assert_eq!(session.cluster().lost(), 0, "{}: what a lesson loses it must say", lesson.file);
    }
}

#[test]
fn commands_of_lessons_do_not_fail() {
    for lesson in lessons() {
        let (mut player, mut session) = Player::start(&lesson).unwrap();
        loop {
            if player.step().prediction.is_some() {
                player.predict(0);
            }
            for line in player.advance(&mut session) {
                assert!(!line.text.contains("행 "), "{}: {}", lesson.file, line.text);
            }
            if let Some(script) = player.step().solutions.first().cloned() {
                session = attempt(&session, &script).0;
            }
            if !player.next_step(&session) {
                break;
            }
        }
    }
}

#[test]
fn going_back_is_going_back_in_time() {
    let lesson = find("a5").unwrap();
    let (mut player, mut session) = Player::start(&lesson).unwrap();
    let begun = session.cluster().digest();
    player.advance(&mut session);
    let first_done = session.cluster().digest();
    assert!(player.next_step(&session));
    player.predict(1);
    player.advance(&mut session);
    assert!(player.verdict().is_some());
    player.back(&mut session);
    assert_eq!((player.step_index(), session.cluster().digest()), (1, first_done));
    assert!(player.verdict().is_none() && matches!(player.cue(), Cue::Ask));
    player.back(&mut session);
    assert_eq!((player.step_index(), session.cluster().digest()), (0, begun));
    player.advance(&mut session);
    assert_eq!(session.cluster().digest(), first_done, "the same step comes to the same end");
}

#[test]
fn playing_in_small_pieces_comes_to_the_same_end() {
    let lesson = find("a5").unwrap();
    let (mut player, mut session) = Player::start(&lesson).unwrap();
    loop {
        match player.cue() {
            Cue::Command(_) => drop(player.go(&mut session)),
            Cue::Play(wait) => {
                let frame = session.now() + kafkascope::base::SimTime::from_ms(16);
                let until = wait.deadline().map_or(frame, |deadline| deadline.min(frame));
                session.run_until(until, |cluster| wait.is_over(cluster));
                player.go(&mut session);
            }
            Cue::Ask | Cue::Done => break,
        }
    }
    let (mut at_once, mut other) = Player::start(&lesson).unwrap();
    at_once.advance(&mut other);
    assert_eq!(session.cluster().digest(), other.cluster().digest());
}

#[test]
fn a_players_state_survives_a_reload() {
    let lesson = find("a5").unwrap();
    let (mut player, mut session) = Player::start(&lesson).unwrap();
    player.advance(&mut session);
    player.next_step(&session);
    player.predict(2);
    let kept = serde_json::to_string(player.state()).unwrap();
    let state: PlayerState = serde_json::from_str(&kept).unwrap();
    let again = Player::resume(&lesson, state).unwrap();
    assert_eq!((again.step_index(), again.chosen()), (1, Some(2)));
    let broken = kept.replace("\"step\":1", "\"step\":7");
    assert!(Player::resume(&lesson, serde_json::from_str(&broken).unwrap()).is_err());
}

#[test]
fn mistakes_of_writers_are_pointed_at() {
    let front = "---\nid: x\ntrack: t\ntitle: t\nminutes: 1\ncluster: cluster --brokers 3\n---\n";
    let cases: &[(&str, &str)] = &[
        ("", "x.md 1행: 머리글이 없어요."),
        ("---\nid: x\n", "x.md 1행: 머리글이 닫히지 않았어요."),
        ("---\nid: x\ntitel: t\n---\n", "x.md 3행: 모르는 머리글이에요: titel. title를 쓰려던 것 같아요."),
        ("FRONT", "x.md 7행: 단계가 없어요."),
        ("FRONT## 가\n```rnu\nrun 1s\n```\n", "x.md 9행: 모르는 블록이에요: rnu."),
        ("FRONT## 가\n```run\nrun 1s\n", "x.md 9행: run 블록이 닫히지 않았어요."),
        (
            "FRONT## 가\n```run\nrun 1s\nborker kill 1\n```\n",
            "x.md 11행: 모르는 명령이에요: borker. 혹시 broker인가요?",
        ),
        ("FRONT## 가\n```run\nrewind 1s\n```\n", "x.md 10행: rewind 명령은 수업에 쓸 수 없어요."),
        (
            "FRONT## 가\n```goal\n- 된다 :: isr(a-0).len = 2\n```\n",
            "x.md 10행: 조건에 쓸 수 없는 글자예요: = 같은지는 ==로 물어요.",
        ),
        ("FRONT## 가\n```goal\n- 된다\n```\n", "x.md 10행: 조건이 없어요."),
        ("FRONT## 가\n```goal\n- 된다 :: 1 == 1\n```\n", "x.md 8행: '가' 단계: 힌트는 셋이어야 해요."),
        ("FRONT## 가\n```predict\nask: ?\n- 예 :: true\n```\n", "x.md 9행: predict 블록에 보기가 모자라요."),
        ("FRONT```run\nrun 1s\n```\n", "x.md 8행: run 블록이 단계 밖에 있어요."),
    ];
    for (text, want) in cases {
        let text = text.replace("FRONT", front);
        let error = read("x.md", &text).expect_err(want).to_string();
        assert!(error.starts_with(want), "{error}\nwanted: {want}");
    }
}
