//! Things one does often, as buttons. Each runs the very command that one would type, and the terminal shows it, so that
//! buttons teach the commands.

use super::icon::{Icon, draw};
use super::msg::Msg;
use super::quick_form::Form;
use crate::view::{BrokerView, Frame, ProcessState, Selection};
use std::rc::Rc;
use yew::prelude::*;

/// The properties of [`Quick`].
#[derive(Properties, PartialEq)]
pub(super) struct QuickProps {
    pub(super) frame: Rc<Frame>,
    pub(super) selection: Option<Selection>,
    pub(super) as_table: bool,
    /// The world is a lesson's, which one does not throw away.
    pub(super) in_lesson: bool,
    pub(super) send: Callback<Msg>,
}

/// The row of buttons above the stage.
#[component]
pub(super) fn Quick(props: &QuickProps) -> Html {
    let QuickProps { frame, selection, as_table, in_lesson, send } = props;
    let open = use_state_eq(|| None::<Form>);
    let toggle = |form: Form| {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set((*open != Some(form)).then_some(form)))
    };
    let run = {
        let (open, send) = (open.clone(), send.clone());
        Callback::from(move |(lines, at_once)| {
            open.set(None);
            send.emit(if at_once { Msg::RunAtOnce(lines) } else { Msg::Run(lines) });
        })
    };
    let topics = topics(frame);
    let opener = |form: Form, icon: Icon, name: &'static str, disabled: bool| {
        let on = *open == Some(form);
        html! {
            <button class={classes!("btn", "small", on.then_some("on"))} aria-expanded={on.to_string()} {disabled} onclick={toggle(form)}>
                { draw(icon) }{ name }
            </button>
        }
    };
    let (icon, label) = if *as_table { (Icon::Picture, "그림으로 보기") } else { (Icon::Table, "표로 보기") };
    let onkeydown = {
        let open = open.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" && open.is_some() {
                event.stop_propagation();
                open.set(None);
            }
        })
    };
    html! {
        <div class="quick" role="group" aria-label="빠른 실행" {onkeydown}>
            { opener(Form::Record, Icon::Send, "레코드 보내기", topics.is_empty()) }
            { opener(Form::Topic, Icon::Plus, "토픽", frame.brokers.is_empty()) }
            if let Some(topic) = topics.first() {
                { act(send, Icon::Plus, "프로듀서", start_producer(frame, topic)) }
                { act(send, Icon::Plus, "컨슈머", start_consumer(frame, topic)) }
            }
            <span class="divider" />
            { for selection.iter().flat_map(|s| actions(frame, s)).map(|(name, command)| act(send, Icon::Power, name, command)) }
            <span class="spring" />
            if !in_lesson { { opener(Form::Cluster, Icon::Restart, "새 클러스터", false) } }
            <button class="btn small quiet" aria-pressed={as_table.to_string()} onclick={send.reform(|_| Msg::ToggleTable)}>
                { draw(icon) }{ label }
            </button>
            { for open.map(|form| form.draw(&topics, frame.brokers.len(), &run)) }
        </div>
    }
}

fn act(send: &Callback<Msg>, icon: Icon, name: &'static str, command: String) -> Html {
    let title = command.clone();
    html! {
        <button key={name} class="btn small" {title} onclick={send.reform(move |_| Msg::Run(command.clone()))}>
            if icon != Icon::Power { { draw(icon) } }{ name }
        </button>
    }
}

/// What can be done with the selected thing.
fn actions(frame: &Frame, selection: &Selection) -> Vec<(&'static str, String)> {
    let (noun, name, process) = match selection {
        Selection::Broker(id) => {
            ("broker", id.to_string(), frame.brokers.iter().find(|b| b.id == *id).map(|b| b.process))
        }
        Selection::Controller(id) => {
            let view = frame.quorum.controllers.iter().find(|c| c.id == *id);
            ("controller", id.to_string(), view.map(|c| c.process))
        }
        Selection::Producer(id) => match frame.producers.iter().find(|p| p.id == *id) {
            Some(producer) => ("producer", producer.name.to_string(), Some(producer.process)),
            None => return Vec::new(),
        },
        Selection::Consumer(id) => match frame.groups.iter().flat_map(|g| &g.members).find(|c| c.id == *id) {
            Some(consumer) => ("consumer", consumer.name.to_string(), Some(consumer.process)),
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let node = matches!(noun, "broker" | "controller");
    let line = |verb: &str| if node { format!("{noun} {verb} {name}") } else { format!("{noun} {name} {verb}") };
    let mut actions = match process {
        Some(ProcessState::Running) => {
            vec![("강제로 끄기", line("kill")), ("정상 종료", line("stop")), ("멈추기", line("pause"))]
        }
        Some(ProcessState::Paused) => vec![("다시 움직이기", line("resume")), ("강제로 끄기", line("kill"))],
        Some(ProcessState::Dead) if node => vec![("켜기", line("start"))],
        Some(ProcessState::Dead) => vec![("다시 켜기", line("restart"))],
        None => Vec::new(),
    };
    if let Selection::Broker(id) = selection {
        actions.extend(frame.brokers.iter().find(|broker| broker.id == *id).into_iter().flat_map(machine_actions));
    }
    actions
}

/// What can be done with a broker's machine: its power and its disk.
fn machine_actions(broker: &Rc<BrokerView>) -> Vec<(&'static str, String)> {
    let (id, runs) = (broker.id, broker.process != ProcessState::Dead);
    let mut actions = Vec::new();
    if runs {
        actions.push(("전원 끄기", format!("broker poweroff {id}")));
    }
    match (broker.disk_failed, broker.disk_slowness) {
        (true, _) if !runs => actions.push(("디스크 바꾸기", format!("disk repair {id}"))),
        (true, _) => {}
        (false, 1) => actions.push(("디스크 느리게", format!("disk slow {id} 20x"))),
        (false, _) => actions.push(("디스크 제 속도로", format!("disk slow {id} 1x"))),
    }
    if !broker.disk_failed {
        actions.push(("디스크 고장", format!("disk fail {id}")));
    }
    actions
}

fn topics(frame: &Frame) -> Vec<Rc<str>> {
    let mut topics: Vec<Rc<str>> = frame.partitions.iter().map(|p| p.partition.topic.clone()).collect();
    topics.dedup();
    topics
}

fn start_producer(frame: &Frame, topic: &str) -> String {
    let taken: Vec<&str> = frame.producers.iter().map(|p| &*p.name).collect();
    format!("producer {} start --topic {topic} --rate 2/s --keys 5", free_name("p", &taken))
}

fn start_consumer(frame: &Frame, topic: &str) -> String {
    let taken: Vec<&str> = frame.groups.iter().flat_map(|g| &g.members).map(|c| &*c.name).collect();
    let group = frame.groups.first().map_or("g1", |group| &group.name);
    format!("consumer {} start --group {group} --topic {topic}", free_name("c", &taken))
}

/// `p1`, or the next that nobody has.
fn free_name(letter: &str, taken: &[&str]) -> String {
    let mut names = (1..).map(|i| format!("{letter}{i}"));
    names.find(|name| !taken.contains(&name.as_str())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_free() {
        assert_eq!(free_name("c", &["c1", "c3"]), "c2");
    }
}
