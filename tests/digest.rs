//! Same seed and actions, same world: here on this machine, in `tests/web.rs` in a browser.
#![cfg(not(target_arch = "wasm32"))]

#[path = "digest/played.rs"]
mod played;

#[test]
fn the_worlds_are_those_that_they_were() {
    played::check();
}
