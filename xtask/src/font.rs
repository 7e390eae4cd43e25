//! The web fonts: cutting them to the characters that the page uses, and telling when they no longer hold them all.
//!
//! The cutting itself is `xtask/font/cut.py`, because the tool for it is fontTools. Its result is committed
//! (`static/fonts/`, `static/fonts.css`), so only whoever brings a *new* character needs Python. A first visit loads two
//! files, `sans-first` and `mono`; the other files hold what visitors may type.

use crate::problem::{Outcome, Problem};
use crate::repo;
use crate::run::Run;
use crate::tools;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

const PRETENDARD: (&str, &str) = ("pretendard", "1.3.9");
const JETBRAINS: (&str, &str) = ("@fontsource-variable/jetbrains-mono", "5.3.0");
const PYTHON_PACKAGES: [&str; 2] = ["fonttools==4.68.0", "brotli==1.2.1"];

/// What every visitor loads, and how much it may weigh.
const FIRST_VIEW: [&str; 2] = ["sans-first.woff2", "mono.woff2"];
const FIRST_VIEW_BUDGET: u64 = 150_000;

/// Cuts the fonts anew.
pub fn run(_: &[String]) -> Outcome<()> {
    let pretendard = tools::npm_package(PRETENDARD.0, PRETENDARD.1)?;
    let jetbrains = tools::npm_package(JETBRAINS.0, JETBRAINS.1)?;
    let python = tools::python::environment("fonttools-4.68.0", &PYTHON_PACKAGES)?;
    let out = repo::root().join("static");
    let used = repo::target_dir().join("used-characters.txt");
    repo::make_dir(&out.join("fonts"))?;
    repo::make_dir(&repo::target_dir())?;
    repo::write(&used, &used_characters()?.iter().collect::<String>())?;
    let tools_of_ours = repo::root().join("xtask/font");
    Run::new(python)
        .args([tools_of_ours.join("cut.py").as_os_str()])
        .args([OsStr::new("--pretendard"), pretendard.as_os_str(), OsStr::new("--jetbrains"), jetbrains.as_os_str()])
        .args([OsStr::new("--used"), used.as_os_str(), OsStr::new("--out"), out.as_os_str()])
        .args([OsStr::new("--frame"), tools_of_ours.join("frame.css").as_os_str()])
        .go()?;
    println!("{}", check()?);
    Ok(())
}

/// Every Hangul syllable of the page is in the file that every visitor loads, and that file is small.
pub fn check() -> Outcome<String> {
    let css = repo::read(&repo::root().join("static/fonts.css"))?;
    let first = characters_of_face(&css, FIRST_VIEW[0]).ok_or_else(|| {
        Problem::new(format!("static/fonts.css has no face for {}", FIRST_VIEW[0])).hint("cargo xtask font")
    })?;
    let used = used_characters()?;
    let syllables = || used.iter().filter(|char| ('가'..='힣').contains(*char));
    let missing: String = syllables().filter(|char| !first.contains(char)).collect();
    if !missing.is_empty() {
        return Err(Problem::new(format!("these syllables are used but not in {}: {missing}", FIRST_VIEW[0]))
            .hint("`cargo xtask font` cuts the fonts anew; commit static/fonts and static/fonts.css"));
    }
    let weight = first_view_weight()?;
    if weight > FIRST_VIEW_BUDGET {
        return Err(Problem::new(format!(
            "a first visit would load {weight} bytes of fonts, over {FIRST_VIEW_BUDGET}"
        ))
        .hint("lower SYLLABLES_IN_FIRST in xtask/font/cut.py"));
    }
    Ok(format!("{} syllables used, {} KB of fonts in the first view", syllables().count(), weight / 1000))
}

/// Is this the file of a font that every visitor loads?
pub fn is_in_first_view(file: &Path) -> bool {
    file.file_name().is_some_and(|name| FIRST_VIEW.iter().any(|first| name == *first))
}

fn first_view_weight() -> Outcome<u64> {
    let weights = FIRST_VIEW.iter().map(|name| {
        let path = repo::root().join("static/fonts").join(name);
        fs::metadata(&path)
            .map(|file| file.len())
            .map_err(|error| Problem::new(format!("cannot read {}: {error}", path.display())).hint("cargo xtask font"))
    });
    weights.sum()
}

/// Every character beyond ASCII in what the page is made of. Comments count too: it is simpler, and they are in English.
fn used_characters() -> Outcome<BTreeSet<char>> {
    let mut paths = repo::files_below(&repo::root().join("src"))?;
    paths.extend(repo::files_below(&repo::root().join("static"))?);
    paths.push(repo::root().join("index.html"));
    let texts = paths.iter().filter(|path| is_text_of_the_page(path)).map(|path| repo::read(path));
    let mut used = BTreeSet::new();
    for text in texts {
        used.extend(text?.chars().filter(|char| !char.is_ascii()));
    }
    Ok(used)
}

fn is_text_of_the_page(path: &Path) -> bool {
    let extension = path.extension().and_then(OsStr::to_str);
    let ours = matches!(extension, Some("rs" | "md" | "html" | "js" | "css" | "json" | "toml" | "txt"));
    ours && !path.ends_with("static/fonts.css") && !path.starts_with(repo::root().join("static/fonts"))
}

/// The characters of the `@font-face` that loads `file`.
fn characters_of_face(css: &str, file: &str) -> Option<BTreeSet<char>> {
    let face = css.split("@font-face").find(|face| face.contains(file))?;
    let ranges = face.split_once("unicode-range:")?.1.split_once(';')?.0;
    let mut characters = BTreeSet::new();
    for range in ranges.split(',') {
        let range = range.trim().strip_prefix("U+")?;
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let codes = u32::from_str_radix(first, 16).ok()?..=u32::from_str_radix(last, 16).ok()?;
        characters.extend(codes.filter_map(char::from_u32));
    }
    Some(characters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_characters_of_the_right_face() {
        let css = "@font-face { src: url(fonts/a.woff2); unicode-range: U+41; }\n\
                   @font-face { src: url(fonts/b.woff2); unicode-range: U+AC00-AC02, U+B098; }";
        let characters = characters_of_face(css, "b.woff2").expect("the face is there");
        assert_eq!(characters.into_iter().collect::<String>(), "가각갂나");
        assert_eq!(characters_of_face(css, "c.woff2"), None);
    }
}
