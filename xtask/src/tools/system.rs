//! What belongs to the system: a browser, its driver, a Korean font, Node.
//!
//! As root on Debian (which is what a CI container is) they are installed. Everybody else is told the command: a build
//! tool does not ask for a password.

use crate::problem::{Outcome, Problem};
use crate::run::{Run, which};
use std::path::Path;
use std::sync::Once;

/// A program and the Debian packages that bring it.
pub struct Need {
    /// Looked for on `PATH`.
    pub program: &'static str,
    /// Installed when it is not there.
    pub packages: &'static [&'static str],
}

/// Makes sure that each program is there.
pub fn ensure(needs: &[Need]) -> Outcome<()> {
    let missing = |need: &&Need| which(need.program).is_none();
    let packages: Vec<&str> = needs.iter().filter(missing).flat_map(|need| need.packages).copied().collect();
    if packages.is_empty() { Ok(()) } else { install(&packages) }
}

/// Installs Debian packages, or says how to.
pub fn install(packages: &[&str]) -> Outcome<()> {
    let list = packages.join(" ");
    if !is_debian() {
        return Err(Problem::new(format!("these are missing (by their Debian names): {list}"))
            .hint("install them with your system's package manager, then run the command again"));
    }
    if !is_root() {
        return Err(Problem::new(format!("these system packages are missing: {list}"))
            .hint(format!("sudo apt-get install -y --no-install-recommends {list}")));
    }
    println!("installing with apt-get: {list}");
    update_lists_once();
    Run::new("apt-get")
        .args(["-o", "DPkg::Lock::Timeout=300", "install", "-y", "-qq", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .go()
}

/// A new machine has no package lists. If they cannot be had, the install says so itself.
fn update_lists_once() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = Run::new("apt-get").args(["update", "-qq"]).go();
    });
}

/// Debian and its kin.
pub fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists()
}

fn is_root() -> bool {
    Run::new("id").args(["-u"]).answer().is_some_and(|id| id == "0")
}
