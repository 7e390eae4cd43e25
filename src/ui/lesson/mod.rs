//! The lesson panel: what is asked, what is predicted, what is to be reached.

mod markdown;

use super::icon::{Icon, draw};
use super::msg::{LessonMsg, Msg, Panel};
use super::route::Route;
use crate::lesson::{Goal, Lesson, Prediction, Step, Verdict};
use markdown::{inline, markdown};
use std::rc::Rc;
use yew::prelude::*;

/// How far a step is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// Its question is to be answered.
    Asking,
    /// Its commands are to be run.
    Ready,
    /// They are being run.
    Running,
    /// They have been run; goals may be left.
    Done,
}

/// A lesson as it stands.
#[derive(Clone, Debug)]
pub(super) struct LessonView {
    pub(super) lesson: Rc<Lesson>,
    /// The step shown, from 0.
    pub(super) step: usize,
    pub(super) phase: Phase,
    pub(super) chosen: Option<usize>,
    pub(super) verdict: Option<Verdict>,
    /// Which goals are reached.
    pub(super) goals: Vec<bool>,
    /// How many hints have been asked for.
    pub(super) hints: usize,
    /// Something has been done in this step.
    pub(super) touched: bool,
    /// One may go on.
    pub(super) passed: bool,
}

impl PartialEq for LessonView {
    fn eq(&self, other: &Self) -> bool {
        let state = |view: &Self| (view.step, view.phase, view.chosen, view.hints, view.touched, view.passed);
        Rc::ptr_eq(&self.lesson, &other.lesson)
            && state(self) == state(other)
            && self.goals == other.goals
            && self.verdict == other.verdict
    }
}

/// The properties of [`LessonPanel`].
#[derive(Properties)]
pub(super) struct LessonPanelProps {
    pub(super) lesson: Option<Rc<LessonView>>,
    pub(super) catalog: Rc<Vec<Rc<Lesson>>>,
    pub(super) send: Callback<Msg>,
}

impl PartialEq for LessonPanelProps {
    fn eq(&self, other: &Self) -> bool {
        // The catalog is the same for as long as the page is open.
        self.lesson == other.lesson
    }
}

/// The panel: a lesson, or the list of them.
#[component]
pub(super) fn LessonPanel(props: &LessonPanelProps) -> Html {
    let LessonPanelProps { lesson, catalog, send } = props;
    match lesson {
        Some(lesson) => draw_lesson(lesson, send),
        None => draw_catalog(catalog, send),
    }
}

fn fold(send: &Callback<Msg>) -> Html {
    html! {
        <button class="btn quiet square small wide-only" aria-label="수업 접기" title="접기"
            onclick={send.reform(|_| Msg::Fold(Panel::Lesson))}>{ draw(Icon::Left) }</button>
    }
}

fn draw_catalog(catalog: &[Rc<Lesson>], send: &Callback<Msg>) -> Html {
    let mut track = "";
    let lines = catalog.iter().map(|line| {
        let new = line.track != track;
        track = &line.track;
        html! {
            <>
                if new { <li class="track-name">{ &line.track }</li> }
                <li><a class="lesson-line" href={Route::Lesson(line.id.clone()).to_string()}>
                    <span class="lesson-id">{ &line.id }</span><span>{ &line.title }</span>
                    <span class="minutes">{ format!("{}분", line.minutes) }</span>
                </a></li>
            </>
        }
    });
    html! {
        <section class="lesson" aria-label="수업">
            <div class="panel-head">
                <div>
                    <p class="eyebrow">{ "학습" }</p>
                    <h1>{ "무엇부터 볼까요?" }</h1>
                </div>
                { fold(send) }
            </div>
            <p>{ "예측하고, 돌려 보고, 되감아 보세요. 화면의 모든 점과 숫자는 이 페이지 안에서 실제로 도는 카프카가 보낸 것이에요." }</p>
            if catalog.is_empty() {
                <p class="muted">{ "아직 준비된 수업이 없어요. 실험실에서 마음껏 만져 보세요." }</p>
            }
            <ul class="catalog">{ for lines }</ul>
        </section>
    }
}

fn draw_lesson(view: &LessonView, send: &Callback<Msg>) -> Html {
    let lesson = &view.lesson;
    let Some(step) = lesson.steps.get(view.step) else { return Html::default() };
    let steps = lesson.steps.len();
    html! {
        <section class="lesson" aria-label="수업" data-phase={format!("{:?}", view.phase).to_lowercase()}>
            <div class="panel-head">
                <div>
                    <p class="eyebrow">{ format!("{} · {}", lesson.track, lesson.title) }</p>
                    <h1>{ &step.title }</h1>
                </div>
                { fold(send) }
            </div>
            <div class="progress" role="img" aria-label={format!("{steps}단계 가운데 {}단계", view.step + 1)}>
                { for (0..steps).map(|i| html! {
                    <i key={i} class={if i < view.step { "done" } else if i == view.step { "now" } else { "" }} />
                }) }
            </div>
            <div class="lesson-body" key={view.step}>
                { markdown(&step.prose) }
                if let Some(prediction) = &step.prediction { { draw_prediction(prediction, view, send) } }
                { draw_commands(step, view.phase == Phase::Done) }
                if let Some(after) = step.after.as_ref().filter(|_| view.phase == Phase::Done) {
                    <div class="after">{ markdown(after) }</div>
                }
                if !step.goals.is_empty() { { draw_goals(&step.goals, &view.goals) } }
                { for step.hints.iter().take(view.hints).enumerate().map(|(i, hint)| draw_hint(i, hint)) }
                if let Some(more) = step.more.as_ref().filter(|_| view.passed) {
                    <details class="card more"><summary>{ "더 알아보기" }</summary>{ markdown(more) }</details>
                }
            </div>
            { draw_nav(view, step, send) }
        </section>
    }
}

fn draw_hint(place: usize, hint: &str) -> Html {
    html! {
        <div class="card hint" key={place}><h3>{ draw(Icon::Bulb) }{ format!("힌트 {}", place + 1) }</h3>{ markdown(hint) }</div>
    }
}

/// The commands that the step runs, as one would type them.
fn draw_commands(step: &Step, ran: bool) -> Html {
    if step.commands.is_empty() {
        return Html::default();
    }
    html! {
        <div class="commands">
            <h3>{ if ran { "실행한 명령" } else { "실행할 명령" } }</h3>
            <pre>{ for step.commands.iter().map(|line| html! { <code>{ line.source() }</code> }) }</pre>
        </div>
    }
}

fn draw_nav(view: &LessonView, step: &Step, send: &Callback<Msg>) -> Html {
    let button = |msg: Msg| send.reform(move |_: MouseEvent| msg.clone());
    let learn = |msg: LessonMsg| button(Msg::Lesson(msg));
    let run = if step.prediction.is_some() { "예측하고 실행" } else { "실행" };
    let last = view.step + 1 >= view.lesson.steps.len();
    let unreached = (!view.passed).then_some("목표를 이루면 넘어갈 수 있어요");
    html! {
        <div class="lesson-nav">
            if view.step > 0 { <button class="btn" onclick={learn(LessonMsg::Back)}>{ "이전" }</button> }
            if view.touched { <button class="btn quiet" onclick={learn(LessonMsg::Again)}>{ "다시 하기" }</button> }
            if view.hints < step.hints.len() {
                <button class="btn quiet" onclick={learn(LessonMsg::Hint)}>{ if view.hints == 0 { "힌트" } else { "힌트 더" } }</button>
            }
            <span class="spring" />
            { match view.phase {
                Phase::Asking => html! { <button class="btn primary" disabled=true title="먼저 하나를 골라 주세요">{ run }</button> },
                Phase::Ready => html! { <button class="btn primary" onclick={learn(LessonMsg::Run)}>{ run }</button> },
                Phase::Running => html! { <button class="btn primary" onclick={button(Msg::Finish)}>{ "바로 끝내기" }</button> },
                Phase::Done if !last => html! {
                    <button class="btn primary" disabled={!view.passed} onclick={learn(LessonMsg::Next)} title={unreached}>{ "다음" }</button>
                },
                Phase::Done if view.passed => html! { <a class="btn primary" href={Route::Lessons.to_string()}>{ "수업 마치기" }</a> },
                Phase::Done => Html::default(),
            } }
        </div>
    }
}

fn draw_prediction(prediction: &Prediction, view: &LessonView, send: &Callback<Msg>) -> Html {
    let verdict = view.verdict.as_ref();
    let locked = !matches!(view.phase, Phase::Asking | Phase::Ready);
    let options = prediction.options.iter().enumerate().map(|(i, option)| {
        let chosen = view.chosen == Some(i);
        let right = verdict.is_some_and(|verdict| verdict.right == Some(i));
        let wrong = verdict.is_some() && chosen && !right;
        let class = classes!("option", chosen.then_some("chosen"), right.then_some("right"), wrong.then_some("wrong"));
        html! {
            <label key={i} {class}>
                <input type="radio" name="prediction" checked={chosen} disabled={locked}
                    onchange={send.reform(move |_| Msg::Lesson(LessonMsg::Predict(i)))} />
                <span>{ inline(&option.text) }</span>
                if right { <b class="badge-word">{ "정답" }</b> }
                if wrong { <b class="badge-word">{ "내 예측" }</b> }
            </label>
        }
    });
    html! {
        <fieldset class="card prediction">
            <legend>{ if verdict.is_some() { "예측과 결과" } else { "먼저 예측해 보세요" } }</legend>
            <p class="question">{ inline(&prediction.question) }</p>
            { for options }
            { for verdict.map(|verdict| draw_verdict(verdict, send)) }
        </fieldset>
    }
}

fn draw_verdict(verdict: &Verdict, send: &Callback<Msg>) -> Html {
    let words = match verdict.right {
        Some(right) if right == verdict.chosen => "맞았어요.",
        Some(_) => "예측과 달랐어요.",
        None => "클러스터가 수업과 달라져서 답을 가릴 수 없어요. ‘다시 하기’로 이 단계를 새로 해 보세요.",
    };
    html! {
        <div class="verdict" role="status">
            <strong>{ words }</strong>
            { markdown(&verdict.explanation.replace('\n', "\n\n")) }
            if let Some(event) = verdict.event {
                <button class="link" onclick={send.reform(move |_| Msg::ShowEvent(event))}>{ "그 일이 일어난 순간으로 가기" }</button>
            }
        </div>
    }
}

fn draw_goals(goals: &[Goal], reached: &[bool]) -> Html {
    html! {
        <div class="card goals">
            <h3>{ "목표" }</h3>
            <ul>
                { for goals.iter().zip(reached).map(|(goal, reached)| html! {
                    <li key={goal.predicate.source()} class={classes!("goal", reached.then_some("reached"))} role="checkbox"
                        aria-checked={reached.to_string()} aria-readonly="true">
                        { draw(if *reached { Icon::Check } else { Icon::Circle }) }
                        <span>{ inline(&goal.text) }<code>{ goal.predicate.source() }</code></span>
                    </li>
                }) }
            </ul>
        </div>
    }
}
