//! Java and Maven, through which Apache Kafka itself judges the storage engine.
//!
//! Maven only compiles `tests/conformance` and says where the jars are, which it keeps in `~/.m2`; the classes are run by
//! `java` itself. Once the jars are there, no network is asked.

use super::system::{self, Need};
use crate::problem::{Outcome, Problem};
use crate::repo;
use crate::run::Run;
use std::path::{Path, PathBuf};

const JDK: &[&str] = &["default-jdk-headless"];
const NEEDS: &[Need] = &[
    Need { program: "java", packages: JDK },
    Need { program: "javac", packages: JDK },
    Need { program: "mvn", packages: &["maven", "default-jdk-headless"] },
];

/// The oldest Java that Kafka's broker runs on.
const OLDEST: u32 = 17;

/// The compiled classes of `tests/conformance` with Kafka's jars.
pub struct KafkaJudge {
    class_path: String,
}

impl KafkaJudge {
    /// Finds Java, Maven and the jars, or gets them, and compiles.
    pub fn ensure() -> Outcome<Self> {
        system::ensure(NEEDS)?;
        check_version()?;
        let target = target_dir();
        repo::make_dir(&target)?;
        let list = target.join("classpath");
        // Offline first: a file of Maven Central never changes, so there is no need to ask for what is here.
        if maven(&target, &list).args(["--offline"]).answer().is_none() {
            println!("compiling tests/conformance; Kafka's jars come from Maven Central the first time");
            maven(&target, &list).go().map_err(|problem| {
                problem.hint("is Maven Central reachable? `mvn dependency:get -Dartifact=org.apache.kafka:kafka_2.13:4.3.1` tells")
            })?;
        }
        let jars = repo::read(&list)?;
        let class_path = format!("{}{}{}", target.join("classes").display(), separator(), jars.trim());
        Ok(Self { class_path })
    }

    /// One of the main classes.
    pub fn run(&self, class: &str) -> Run {
        // What Kafka logs below ERROR is of no interest here, and what it logs is not to be mixed with what its tools say.
        let quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error";
        let log = format!("-Dorg.slf4j.simpleLogger.logFile={}", target_dir().join("kafka.log").display());
        Run::new("java")
            .unseen([quiet, &log, "-Xmx1g", "-cp", &self.class_path])
            .args([format!("kafkascope.conformance.{class}")])
    }
}

fn maven(target: &Path, list: &Path) -> Run {
    Run::new("mvn").args([
        "-q".into(),
        "-B".into(),
        "-f".into(),
        "tests/conformance/pom.xml".into(),
        format!("-Dconformance.target={}", target.display()),
        "compile".into(),
        "dependency:build-classpath".into(),
        format!("-Dmdep.outputFile={}", list.display()),
    ])
}

fn target_dir() -> PathBuf {
    repo::target_dir().join("conformance").join("java")
}

fn separator() -> char {
    if cfg!(windows) { ';' } else { ':' }
}

fn check_version() -> Outcome<()> {
    // `javac 17.0.15`
    let answer = Run::new("javac").args(["-version"]).answer().unwrap_or_default();
    match major_version(&answer) {
        Some(version) if version >= OLDEST => Ok(()),
        _ => Err(Problem::new(format!("Kafka needs Java {OLDEST} or newer; `javac -version` says: {answer}"))
            .hint("put a newer one first on PATH")),
    }
}

fn major_version(answer: &str) -> Option<u32> {
    answer.split_whitespace().nth(1)?.split(['.', '-', '+']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major_version;

    #[test]
    fn knows_old_java_and_new() {
        assert_eq!(major_version("javac 17.0.15"), Some(17));
        assert_eq!(major_version("javac 25-ea"), Some(25));
        assert_eq!(major_version("javac 1.8.0_402"), Some(1));
        assert_eq!(major_version(""), None);
    }
}
