//! The page.
//!
//! One struct component, [`App`], owns the session and all that the page remembers; it alone changes anything, and only
//! in answer to a [`Msg`]. Everything below it is a small function component: data in, picture out, and a callback that
//! sends messages up. Data come as `Rc`s that compare by pointer, so what did not change is not drawn again; the moment
//! shown, which changes with every animation frame, goes only to the packets, the clock and the cursor.
//!
//! This is the only layer that names a web crate.

mod app;
mod browser;
mod crash;
mod dock;
mod header;
mod icon;
mod inspector;
mod lesson;
mod msg;
mod notice;
mod play;
mod press;
mod quick;
mod route;
mod stage;
mod stopgap;
mod transport;
mod update;

pub use app::App;
pub use msg::Msg;

/// Takes over the page.
pub fn run() {
    crash::install();
    yew::Renderer::<App>::new().render();
}
