//! Tests that run as wasm in a browser: `cargo xtask test wasm`.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// The tests are really run by a browser, not by Node.
#[wasm_bindgen_test]
fn there_is_a_page() {
    let window = web_sys::window().expect("a browser has a window");
    assert!(window.location().href().expect("a page has an address").starts_with("http"));
}
