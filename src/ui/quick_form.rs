//! The small forms that the buttons above the stage open. Each makes the lines that one would type.

use super::browser;
use super::world::USUAL;
use std::rc::Rc;
use yew::prelude::*;

/// The forms.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Record,
    Topic,
    Cluster,
}

impl Form {
    /// The form; `run` gets its lines, and whether they are to be run at once.
    pub(super) fn draw(self, topics: &[Rc<str>], brokers: usize, run: &Callback<(String, bool)>) -> Html {
        let run = run.clone();
        let onsubmit = Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            run.emit((self.lines(), self == Form::Cluster));
        });
        let (label, fields, word) = match self {
            Form::Record => ("레코드 보내기", record(topics), "보내기"),
            Form::Topic => ("토픽 만들기", topic(brokers), "만들기"),
            Form::Cluster => ("새 클러스터", cluster(), "만들기"),
        };
        html! {
            <form class={classes!("popover", (self == Form::Cluster).then_some("at-end"))} {onsubmit} aria-label={label}>{ fields }<button class="btn small primary">{ word }</button></form>
        }
    }

    fn lines(self) -> String {
        let field = |id: &str| browser::input(id).trim().to_string();
        match self {
            Form::Record => produce_command(&field("record-topic"), &field("record-key"), &field("record-value")),
            Form::Topic => format!(
                "kafka-topics --create --topic {} --partitions {} --replication-factor {}",
                field("topic-name"),
                field("topic-partitions"),
                field("topic-factor")
            ),
            Form::Cluster => {
                let cluster = format!(
                    "cluster --brokers {} --controllers {}",
                    field("cluster-brokers"),
                    field("cluster-controllers")
                );
                if field("cluster-content") == "empty" {
                    format!("{cluster}\nrun 4s")
                } else {
                    format!("{cluster}\n{USUAL}")
                }
            }
        }
    }
}

fn record(topics: &[Rc<str>]) -> Html {
    html! {
        <>
            <label>{ "토픽" }<select id="record-topic">{ for topics.iter().enumerate().map(|(i, t)| html! { <option value={t.to_string()} selected={i == 0}>{ &**t }</option> }) }</select></label>
            <label>{ "키" }<input id="record-key" value="user-1" placeholder="없음" maxlength="40" /></label>
            <label>{ "값" }<input id="record-value" value="주문 생성" maxlength="80" /></label>
        </>
    }
}

fn topic(brokers: usize) -> Html {
    html! {
        <>
            <label>{ "이름" }<input id="topic-name" value="orders" required=true maxlength="60" pattern="[A-Za-z0-9._\\-]+" title="영문자, 숫자, 점, 밑줄, 하이픈" /></label>
            { number("topic-partitions", "파티션", 12, 3) }
            { number("topic-factor", "복제 계수", 9, brokers.min(3)) }
        </>
    }
}

fn cluster() -> Html {
    html! {
        <>
            { number("cluster-brokers", "브로커", 9, 3) }
            { number("cluster-controllers", "컨트롤러", 5, 3) }
            <label>{ "함께 만들기" }
                <select id="cluster-content">
                    <option value="usual" selected=true>{ "토픽 orders와 클라이언트" }</option>
                    <option value="empty">{ "없음" }</option>
                </select>
            </label>
            <p class="muted">{ "지금 클러스터는 사라져요. 남기려면 먼저 세션을 내보내세요." }</p>
        </>
    }
}

fn number(id: &'static str, name: &'static str, most: u32, value: usize) -> Html {
    html! {
        <label>{ name }<input {id} type="number" min="1" max={most.to_string()} value={value.to_string()} required=true /></label>
    }
}

/// The command that writes one record.
fn produce_command(topic: &str, key: &str, value: &str) -> String {
    if key.is_empty() {
        return format!("kafka-console-producer --topic {topic} <<END\n{value}\nEND");
    }
    format!(
        "kafka-console-producer --topic {topic} --property parse.key=true --property key.separator=: <<END\n{key}:{value}\nEND"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_whole() {
        assert!(produce_command("orders", "user-1", "주문").ends_with("<<END\nuser-1:주문\nEND"));
        assert_eq!(produce_command("orders", "", "주문"), "kafka-console-producer --topic orders <<END\n주문\nEND");
    }
}
