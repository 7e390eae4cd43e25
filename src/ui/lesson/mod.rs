//! The lesson panel: what is asked, what is predicted, what is to be reached.

mod markdown;

use super::icon::{Icon, draw};
use super::msg::{LessonMsg, Msg, Panel};
use super::route::Route;
use markdown::markdown;
use std::rc::Rc;
use yew::prelude::*;

/// A lesson's line in the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct CatalogLine {
    pub(super) id: String,
    pub(super) track: String,
    pub(super) title: String,
}

/// A lesson as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct LessonView {
    pub(super) eyebrow: String,
    pub(super) title: String,
    /// The step shown, from 0.
    pub(super) step: usize,
    pub(super) steps: usize,
    /// Markdown.
    pub(super) prose: String,
    pub(super) prediction: Option<PredictionView>,
    pub(super) goals: Vec<GoalView>,
    pub(super) hints: Vec<String>,
    /// How many hints have been asked for.
    pub(super) hints_shown: usize,
    /// The commands that the step runs.
    pub(super) commands: Vec<String>,
    pub(super) commands_ran: bool,
    pub(super) can_go_on: bool,
}

/// A question to be answered before the run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct PredictionView {
    pub(super) question: String,
    pub(super) options: Vec<String>,
    pub(super) chosen: Option<usize>,
    /// The right answer and why, once the run has shown it.
    pub(super) verdict: Option<(usize, String)>,
}

/// One clause of a goal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct GoalView {
    pub(super) text: String,
    pub(super) source: String,
    pub(super) reached: bool,
}

/// The properties of [`LessonPanel`].
#[derive(Properties, PartialEq)]
pub(super) struct LessonPanelProps {
    pub(super) lesson: Option<Rc<LessonView>>,
    pub(super) catalog: Rc<Vec<CatalogLine>>,
    pub(super) send: Callback<Msg>,
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

fn draw_catalog(catalog: &[CatalogLine], send: &Callback<Msg>) -> Html {
    let mut track = "";
    let lines = catalog.iter().map(|line| {
        let new = line.track != track;
        track = &line.track;
        html! {
            <>
                if new { <li class="track-name">{ &line.track }</li> }
                <li><a class="lesson-line" href={Route::Lesson(line.id.clone()).to_string()}>
                    <span class="lesson-id">{ &line.id }</span><span>{ &line.title }</span>
                </a></li>
            </>
        }
    });
    html! {
        <section class="lesson" aria-label="수업">
            <div class="panel-head">
                <div>
                    <p class="eyebrow">{ "학습" }</p>
                    <h1>{ "무엇부터 볼까요" }</h1>
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

fn draw_lesson(lesson: &Rc<LessonView>, send: &Callback<Msg>) -> Html {
    html! {
        <section class="lesson" aria-label="수업">
            <div class="panel-head">
                <div>
                    <p class="eyebrow">{ &lesson.eyebrow }</p>
                    <h1>{ &lesson.title }</h1>
                </div>
                { fold(send) }
            </div>
            <div class="progress" role="img" aria-label={format!("{}단계 가운데 {}단계", lesson.steps, lesson.step + 1)}>
                { for (0..lesson.steps).map(|i| html! {
                    <i key={i} class={if i < lesson.step { "done" } else if i == lesson.step { "now" } else { "" }} />
                }) }
            </div>
            <div class="lesson-body" key={lesson.step}>
                { markdown(&lesson.prose) }
                if let Some(prediction) = &lesson.prediction {
                    { draw_prediction(prediction, send) }
                }
                if !lesson.goals.is_empty() {
                    { draw_goals(&lesson.goals) }
                }
                { for lesson.hints.iter().take(lesson.hints_shown).map(|hint| html! {
                    <div class="card hint" key={hint.clone()}><h3>{ draw(Icon::Bulb) }{ "힌트" }</h3>{ markdown(hint) }</div>
                }) }
            </div>
            { draw_nav(lesson, send) }
        </section>
    }
}

fn draw_nav(lesson: &LessonView, send: &Callback<Msg>) -> Html {
    let button = |msg: LessonMsg| send.reform(move |_: MouseEvent| Msg::Lesson(msg));
    let waits = lesson.prediction.as_ref().is_some_and(|p| p.chosen.is_none());
    let runs = !lesson.commands.is_empty() && !lesson.commands_ran;
    let last = lesson.step + 1 >= lesson.steps;
    html! {
        <div class="lesson-nav">
            if lesson.step > 0 {
                <button class="btn" onclick={button(LessonMsg::Back)}>{ "이전" }</button>
            }
            if lesson.hints_shown < lesson.hints.len() {
                <button class="btn quiet" onclick={button(LessonMsg::Hint)}>{ "힌트" }</button>
            }
            <span class="spring" />
            if waits {
                <button class="btn primary" disabled=true title="먼저 하나를 골라 주세요">{ "예측하고 실행" }</button>
            } else if runs {
                <button class="btn primary" onclick={button(LessonMsg::RunCommands)}>
                    { if lesson.prediction.is_some() { "예측하고 실행" } else { "실행" } }
                </button>
            } else if !last {
                <button class="btn primary" disabled={!lesson.can_go_on} onclick={button(LessonMsg::Next)}
                    title={(!lesson.can_go_on).then_some("목표를 이루면 넘어갈 수 있어요")}>{ "다음" }</button>
            } else if lesson.can_go_on {
                <a class="btn primary" href={Route::Lessons.to_string()}>{ "수업 마치기" }</a>
            }
        </div>
    }
}

fn draw_prediction(prediction: &PredictionView, send: &Callback<Msg>) -> Html {
    let settled = prediction.verdict.is_some();
    let options = prediction.options.iter().enumerate().map(|(i, option)| {
        let chosen = prediction.chosen == Some(i);
        let right = prediction.verdict.as_ref().is_some_and(|(answer, _)| *answer == i);
        let class = classes!(
            "option",
            chosen.then_some("chosen"),
            (settled && right).then_some("right"),
            (settled && chosen && !right).then_some("wrong")
        );
        html! {
            <label key={i} {class}>
                <input type="radio" name="prediction" checked={chosen} disabled={settled}
                    onchange={send.reform(move |_| Msg::Lesson(LessonMsg::Predict(i)))} />
                <span>{ option }</span>
                if settled && right { <b class="badge-word">{ "정답" }</b> }
                if settled && chosen && !right { <b class="badge-word">{ "내 예측" }</b> }
            </label>
        }
    });
    html! {
        <fieldset class="card prediction">
            <legend>{ if settled { "예측과 결과" } else { "먼저 예측해 보세요" } }</legend>
            if !prediction.question.is_empty() { <p class="question">{ &prediction.question }</p> }
            { for options }
            if let Some((answer, why)) = &prediction.verdict {
                <div class="verdict" role="status">
                    <strong>{ if prediction.chosen == Some(*answer) { "맞았어요. " } else { "예측과 달랐어요. " } }</strong>
                    { markdown(why) }
                </div>
            }
        </fieldset>
    }
}

fn draw_goals(goals: &[GoalView]) -> Html {
    html! {
        <div class="card goals">
            <h3>{ "목표" }</h3>
            <ul>
                { for goals.iter().map(|goal| html! {
                    <li key={goal.source.clone()} class={if goal.reached { "reached" } else { "" }}>
                        { draw(if goal.reached { Icon::Check } else { Icon::Circle }) }
                        <span class="sr-only">{ if goal.reached { "이룸: " } else { "아직: " } }</span>
                        <span>{ &goal.text }{ " " }<code>{ &goal.source }</code></span>
                    </li>
                }) }
            </ul>
        </div>
    }
}
