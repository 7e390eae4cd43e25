//! Lesson prose as Yew nodes, without a detour over HTML text.

use crate::lesson::prose::{Block, Span, blocks, spans};
use yew::prelude::*;

/// Prose.
pub(super) fn markdown(text: &str) -> Html {
    html! { <div class="prose">{ for blocks(text).into_iter().map(block) }</div> }
}

/// Words within a line.
pub(super) fn inline(text: &str) -> Html {
    line(spans(text))
}

fn block(block: Block) -> Html {
    match block {
        Block::Paragraph(words) => html! { <p>{ line(words) }</p> },
        Block::Heading(1..=2, words) => html! { <h2>{ line(words) }</h2> },
        Block::Heading(_, words) => html! { <h3>{ line(words) }</h3> },
        Block::Code(language, text) => html! { <pre data-language={language}><code>{ text }</code></pre> },
        Block::Quote(inner) => html! { <blockquote>{ for inner.into_iter().map(self::block) }</blockquote> },
        Block::List(Some(first), items) => {
            html! { <ol start={first.to_string()}>{ for items.into_iter().map(item) }</ol> }
        }
        Block::List(None, items) => html! { <ul>{ for items.into_iter().map(item) }</ul> },
        Block::Table(rows) => {
            let mut rows = rows.into_iter().map(|cells| {
                html! { <tr>{ for cells.into_iter().map(|cell| html! { <td>{ line(cell) }</td> }) }</tr> }
            });
            let head = rows.next();
            html! { <table><thead>{ for head }</thead><tbody>{ for rows }</tbody></table> }
        }
        Block::Rule => html! { <hr /> },
    }
}

/// An item of a list; a paragraph at its beginning is the words of the item itself.
fn item(blocks: Vec<Block>) -> Html {
    let draw = blocks.into_iter().enumerate().map(|(place, inner)| match inner {
        Block::Paragraph(words) if place == 0 => line(words),
        other => block(other),
    });
    html! { <li>{ for draw }</li> }
}

fn line(spans: Vec<Span>) -> Html {
    spans.into_iter().map(span).collect()
}

fn span(span: Span) -> Html {
    match span {
        Span::Text(words) => words.into(),
        Span::Code(code) => html! { <code>{ code }</code> },
        Span::Emphasis(inner) => html! { <em>{ line(inner) }</em> },
        Span::Strong(inner) => html! { <strong>{ line(inner) }</strong> },
        Span::Link(url, inner) => link(&url, line(inner)),
        Span::Break => html! { <br /> },
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
