//! A study scenario from its first step to its goal, as a learner walks it.

use e2e::{DESKTOP, PHONE, Page, SOON, Visit};
use std::time::Duration;

const A_WHILE: Duration = Duration::from_secs(60);

fn phase(page: &Page) -> String {
    page.attribute_of("section.lesson", "data-phase").unwrap_or_default()
}

/// Runs the step's commands to their end at once.
fn run(page: &Page) {
    page.click(".lesson-nav .primary");
    page.wait_until("the step's commands have been run", A_WHILE, |p| {
        if phase(p) == "running" {
            p.script("const b = document.querySelector('.lesson-nav .primary'); if (b && b.textContent.includes('바로')) b.click();");
        }
        phase(p) == "done"
    });
}

fn next(page: &Page) {
    let step = page.attribute_of("section.lesson .progress", "aria-label");
    page.wait_until("the step is passed", A_WHILE, |p| !p.shows(".lesson-nav .primary[disabled]"));
    page.click(".lesson-nav .primary");
    page.wait_until("the next step is there", SOON, |p| {
        p.attribute_of("section.lesson .progress", "aria-label") != step
    });
}

#[test]
fn a_usual_cluster_is_learned() {
    let page = Visit::on(DESKTOP).still().open_at("#/lesson/a5");
    page.wait_for_text("보통 클러스터는 어떻게 꾸리나");
    run(&page);
    assert_eq!(page.isr_of("orders-0"), 3);
    next(&page);

    assert_eq!(phase(&page), "asking", "a prediction comes before the run");
    let before = page.leader_of("orders-0").unwrap();
    page.click(".prediction .option:nth-of-type(1)");
    page.screenshot("lesson-prediction");
    run(&page);
    page.wait_for_text("정답");
    page.wait_for_text("내 예측");
    assert_eq!(page.isr_of("orders-0"), 2);
    assert_eq!(page.leader_of("orders-0").unwrap().epoch, before.epoch + 1);
    page.screenshot("lesson-verdict");
    next(&page);

    page.click(".prediction .option:nth-of-type(3)");
    run(&page);
    assert_eq!(page.isr_of("orders-0"), 1);
    let stuck = page.leader_of("orders-0").unwrap().high_watermark;
    next(&page);

    page.click(".prediction .option:nth-of-type(2)");
    run(&page);
    assert_eq!(page.leader_of("orders-0").unwrap().high_watermark, stuck, "nothing is committed meanwhile");
    next(&page);

    assert!(
        page.shows(".lesson-nav .primary[disabled]") || phase(&page) != "done",
        "the goal is not reached by itself"
    );
    page.command("broker start 2");
    page.command("run 10s");
    page.wait_until("the goal is ticked", A_WHILE, |p| {
        p.script("for (const b of document.querySelectorAll('button')) if (b.textContent.includes('바로 끝내기')) { b.click(); break; }");
        p.labels_of(".goal").len() + p.count(".goal") > 0 && p.leader_of("orders-0").is_some_and(|l| l.high_watermark > stuck)
    });
    page.wait_until("one may go on", A_WHILE, |p| {
        p.shows(".lesson-nav .primary") && !p.shows(".lesson-nav .primary[disabled]")
    });
    page.screenshot("lesson-goal");
}

#[test]
fn on_a_phone_the_stage_comes_into_sight_when_a_step_runs() {
    let page = Visit::on(PHONE).still().open_at("#/lesson/a5");
    page.wait_for_text("보통 클러스터는 어떻게 꾸리나");
    page.click(".lesson-nav .primary");
    page.wait_until("the stage begins below the header", SOON, |p| {
        let top = p.script("return document.querySelector('.main').getBoundingClientRect().top").as_f64();
        top.is_some_and(|top| (0.0..120.0).contains(&top))
    });
}
