//! A calm word across the top of the page, with what can be done about it.

use super::icon::{Icon, draw};
use super::msg::Msg;
use yew::prelude::*;

/// What the page has to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// The saved session could not be read.
    Unreadable(String),
    /// Opening the saved session crashed the page.
    Crashed,
    /// A link names a lesson that there is not.
    NoSuchLesson(String),
}

/// The notice.
pub(super) fn notice_bar(notice: &Notice, send: &Callback<Msg>) -> Html {
    let (words, rescue) = match notice {
        Notice::Unreadable(reason) => (format!("저장된 세션을 읽지 못해 새 클러스터로 시작했어요. ({reason})"), true),
        Notice::Crashed => ("저장된 세션을 여는 중에 문제가 생겨 새 클러스터로 시작했어요.".into(), true),
        Notice::NoSuchLesson(id) => {
            (format!("‘{id}’ 수업은 아직 없어요. 목록에서 다른 수업을 골라 주세요. 클러스터는 그대로예요."), false)
        }
    };
    let dismiss = {
        let notice = notice.clone();
        send.reform(move |_| Msg::DismissNotice(notice.clone()))
    };
    html! {
        <div class="notice" role="status">
            <span>{ words }</span>
            if rescue {
                <button class="btn small" onclick={send.reform(|_| Msg::ExportRescued)}>{ "읽지 못한 세션 내려받기" }</button>
            }
            <button class="btn quiet square small" aria-label="알림 닫기" onclick={dismiss}>
                { draw(Icon::Close) }
            </button>
        </div>
    }
}
