//! The page: hands the browser to `ui`.

fn main() {
    kafkascope::ui::run();
}
