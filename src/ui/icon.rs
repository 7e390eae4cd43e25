//! The page's icons: strokes on a 20 by 20 grid, in the colour of the text around them.

use yew::prelude::*;

/// Which icon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Icon {
    Restart,
    Back,
    Play,
    Pause,
    Forward,
    Sun,
    Moon,
    Close,
    Fold,
    Unfold,
    Left,
    Right,
    Copy,
    Table,
    Picture,
    Plus,
    Send,
    Check,
    Circle,
    Export,
    Bulb,
    Power,
    File,
    Grow,
    Shrink,
    Import,
    Folder,
    Find,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Icon::Restart => "M4.5 4v4h4M5 8a6 6 0 1 1-1 3.5",
            Icon::Back => "M13.5 4.5 7 10l6.5 5.5zM5 4.5v11",
            Icon::Play => "M6.5 4 16 10l-9.5 6z",
            Icon::Pause => "M7 4.5v11M13 4.5v11",
            Icon::Forward => "M6.5 4.5 13 10l-6.5 5.5zM15 4.5v11",
            Icon::Sun => {
                "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M15.7 4.3l-1.1 1.1M5.4 14.6l-1.1 1.1"
            }
            Icon::Moon => "M15.5 12.2A6.5 6.5 0 0 1 7.8 4.5a6.5 6.5 0 1 0 7.7 7.7z",
            Icon::Close => "M5 5l10 10M15 5 5 15",
            Icon::Fold => "M5 8l5 5 5-5",
            Icon::Unfold => "M5 12l5-5 5 5",
            Icon::Left => "M12.5 5l-5 5 5 5",
            Icon::Right => "M7.5 5l5 5-5 5",
            Icon::Copy => "M7.5 7.5h8v8h-8zM12.5 7.5v-3h-8v8h3",
            Icon::Table => "M3.5 4.5h13v11h-13zM3.5 8.5h13M8.5 8.5v7",
            Icon::Picture => "M3.5 4.5h4v11h-4zM10 4.5h6.5v4.5H10zM10 11.5h6.5v4H10z",
            Icon::Plus => "M10 4.5v11M4.5 10h11",
            Icon::Send => "M3.5 10h12M11 5.5l4.5 4.5-4.5 4.5",
            Icon::Check => "M4.5 10.5l3.5 3.5 7.5-8",
            Icon::Circle => "M10 5a5 5 0 1 0 0 10 5 5 0 0 0 0-10z",
            Icon::Export => "M10 3.5v9M6.5 9l3.5 3.5L13.5 9M4 16.5h12",
            Icon::Bulb => "M7.5 13.5a4.7 4.7 0 1 1 5 0v1.5h-5zM8 17.5h4",
            Icon::File => "M5.5 3.5h6l3.5 3.5v9.5h-9.5zM11.5 3.5V7H15",
            Icon::Grow => "M11.5 4h4.5v4.5M16 4l-5 5M8.5 16H4v-4.5M4 16l5-5",
            Icon::Shrink => "M15.5 8.5H11V4M11 8.5l5-5M4.5 11.5H9V16M9 11.5l-5 5",
            Icon::Import => "M10 12.5v-9M6.5 7 10 3.5 13.5 7M4 16.5h12",
            Icon::Folder => "M3.5 15.5v-11h4.5l2 2.5h6.5v8.5z",
            Icon::Find => "M8.8 4a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6zM12.4 12.4 16 16",
            Icon::Power => "M10 3.5v6M6.5 5.7a5.5 5.5 0 1 0 7 0",
        }
    }
}

/// An icon; what it means is said by the button around it.
pub(super) fn draw(icon: Icon) -> Html {
    let filled = matches!(icon, Icon::Play | Icon::Back | Icon::Forward);
    html! {
        <svg class={classes!("icon", filled.then_some("filled"))} viewBox="0 0 20 20" aria-hidden="true">
            <path d={icon.path()} />
        </svg>
    }
}

/// The magnifier of the brand, over two lines of a log.
pub(super) fn brand() -> Html {
    html! {
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
            <circle cx="10.5" cy="10.5" r="7.5" />
            <path class="handle" d="M16 16l6 6" />
            <path class="lines" d="M6.5 8.5h8M6.5 12.5h5" />
        </svg>
    }
}
