//! Tests that run as wasm in a browser: `cargo xtask test wasm`.
#![cfg(target_arch = "wasm32")]

#[path = "digest/played.rs"]
mod played;

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// The tests are really run by a browser, not by Node.
#[wasm_bindgen_test]
fn there_is_a_page() {
    let window = web_sys::window().expect("a browser has a window");
    assert!(window.location().href().expect("a page has an address").starts_with("http"));
}

/// The model does the same in a browser as anywhere: the file is the one that `tests/digest.rs` reads.
#[wasm_bindgen_test]
fn the_worlds_are_those_that_they_were() {
    played::check();
}
