//! The head of the page: brand, tabs, theme.

use super::icon::{Icon, brand, draw};
use super::msg::{Msg, Theme};
use super::{browser, route::Route};
use yew::prelude::*;

/// The head of the page.
pub(super) fn header(route: &Route, theme: Theme, send: &Callback<Msg>) -> Html {
    let lab = *route == Route::Lab;
    let tab = |to: Route, name: &'static str, here: bool| {
        html! {
            <a href={to.to_string()} class={classes!("tab", here.then_some("on"))} aria-current={here.then_some("page")}>{ name }</a>
        }
    };
    let dark = browser::is_dark(theme);
    let (icon, label, next) = if dark {
        (Icon::Sun, "밝은 화면으로", Theme::Light)
    } else {
        (Icon::Moon, "어두운 화면으로", Theme::Dark)
    };
    html! {
        <header>
            <a class="brand" href={Route::Lessons.to_string()}>{ brand() }<span>{ "카프카스코프" }</span></a>
            <nav class="tabs" aria-label="주요 화면">
                { tab(Route::Lessons, "학습", !lab) }
                { tab(Route::Lab, "실험실", lab) }
            </nav>
            <span class="spring" />
            <button class="btn quiet" onclick={send.reform(|_| Msg::Export)} title="지금까지의 세션을 파일로 내려받기">
                { draw(Icon::Export) }<span class="wide-only">{ "세션 내보내기" }</span><span class="sr-only narrow-only">{ "세션 내보내기" }</span>
            </button>
            <button class="btn quiet square" aria-label={label} title={label} onclick={send.reform(move |_| Msg::Theme(next))}>
                { draw(icon) }
            </button>
        </header>
    }
}
