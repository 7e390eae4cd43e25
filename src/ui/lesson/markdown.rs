//! Lesson prose: Markdown as Yew nodes, without a detour over HTML text.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use yew::prelude::*;
use yew::virtual_dom::{VList, VNode};

/// Prose.
pub(super) fn markdown(text: &str) -> Html {
    html! { <div class="prose">{ nodes(&mut Parser::new_ext(text, Options::ENABLE_TABLES)) }</div> }
}

/// Words within a line.
pub(super) fn inline(text: &str) -> Html {
    let is_paragraph =
        |event: &Event<'_>| matches!(event, Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph));
    nodes(&mut Parser::new(text).filter(|event| !is_paragraph(event)))
}

/// All nodes up to the end of the open element.
fn nodes<'a>(events: &mut impl Iterator<Item = Event<'a>>) -> Html {
    let mut list = VList::new();
    while let Some(event) = events.next() {
        match event {
            Event::Start(tag) => list.push(element(tag, events)),
            Event::End(_) => break,
            Event::Text(text) => list.push(VNode::from(text.to_string())),
            Event::Code(code) => list.push(html! { <code>{ code.to_string() }</code> }),
            Event::SoftBreak => list.push(VNode::from(" ")),
            Event::HardBreak => list.push(html! { <br /> }),
            Event::Rule => list.push(html! { <hr /> }),
            // Raw HTML is shown as the text that it is.
            Event::Html(text) | Event::InlineHtml(text) => list.push(VNode::from(text.to_string())),
            _ => {}
        }
    }
    VNode::from(list)
}

fn element<'a>(tag: Tag<'a>, events: &mut impl Iterator<Item = Event<'a>>) -> Html {
    let inner = nodes(events);
    match tag {
        Tag::Heading { level: HeadingLevel::H1 | HeadingLevel::H2, .. } => html! { <h2>{ inner }</h2> },
        Tag::Heading { .. } => html! { <h3>{ inner }</h3> },
        Tag::BlockQuote(_) => html! { <blockquote>{ inner }</blockquote> },
        Tag::CodeBlock(kind) => {
            let language = match kind {
                CodeBlockKind::Fenced(name) if !name.is_empty() => Some(name.to_string()),
                _ => None,
            };
            html! { <pre data-language={language}><code>{ inner }</code></pre> }
        }
        Tag::List(Some(first)) => html! { <ol start={first.to_string()}>{ inner }</ol> },
        Tag::List(None) => html! { <ul>{ inner }</ul> },
        Tag::Item => html! { <li>{ inner }</li> },
        Tag::Emphasis => html! { <em>{ inner }</em> },
        Tag::Strong => html! { <strong>{ inner }</strong> },
        Tag::Link { dest_url, .. } => link(&dest_url, inner),
        Tag::Table(_) => html! { <table>{ inner }</table> },
        Tag::TableHead => html! { <thead><tr>{ inner }</tr></thead> },
        Tag::TableRow => html! { <tr>{ inner }</tr> },
        Tag::TableCell => html! { <td>{ inner }</td> },
        Tag::Paragraph => html! { <p>{ inner }</p> },
        _ => inner,
    }
}

/// Links lead within the page, or to a secure address in a tab of its own.
fn link(url: &str, inner: Html) -> Html {
    if url.starts_with('#') {
        html! { <a href={url.to_string()}>{ inner }</a> }
    } else if url.starts_with("https://") {
        html! { <a href={url.to_string()} target="_blank" rel="noreferrer">{ inner }</a> }
    } else {
        inner
    }
}
