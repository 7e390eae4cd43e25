//! The page.
//!
//! One struct component, [`App`], owns the session and all that the page remembers; it alone changes anything, and only
//! in answer to a [`Msg`]. Everything below it is a small function component: data in, picture out, and a callback that
//! sends messages up. Data come as `Rc`s that compare by pointer, so what did not change is not drawn again; the moment
//! shown, which changes with every animation frame, goes only to the packets, the clock and the cursor.
//!
//! This is the only layer that names a web crate.

mod app;
mod bench;
mod browser;
mod complete;
mod crash;
mod dock;
mod files;
mod header;
mod hex;
mod icon;
mod inspector;
mod learn;
mod lesson;
mod msg;
mod notice;
mod play;
mod press;
mod quick;
mod quick_form;
mod route;
mod stage;
mod transport;
mod update;
mod work;
mod world;

pub use app::App;
pub use msg::Msg;

/// Takes over the page.
pub fn run() {
    crash::install();
    yew::Renderer::<App>::new().render();
}
