//! Plays the sessions of `tests/digest.json` and says what number comes out.

use kafkascope::base::{SimTime, digest_of};
use kafkascope::sim::{Action, ClusterConfig, Session};
use serde::Deserialize;

const FILE: &str = include_str!("../digest.json");

#[derive(Deserialize)]
struct File {
    sessions: Vec<Script>,
    digest: String,
}

#[derive(Deserialize)]
struct Script {
    seed: u64,
    actions: Vec<(SimTime, Action)>,
    end: SimTime,
}

impl Script {
    /// The digests of the world after each action and at the end.
    fn play(&self) -> Vec<u64> {
        let config = ClusterConfig { seed: self.seed, ..ClusterConfig::default() };
        let mut session = Session::new(config).expect("a world");
        let mut digests = Vec::new();
        for (at, action) in &self.actions {
            session.run_to(*at);
            session.act(action.clone()).unwrap_or_else(|error| panic!("{action:?} at {at}: {error}"));
            digests.push(session.cluster().digest());
        }
        session.run_to(self.end);
        let cluster = session.cluster();
        let group = cluster.group("payment").expect("a group").1;
        assert_eq!(group.state.name(), "Stable", "the sessions are worth playing");
        assert!(cluster.consumer_named("a").is_some_and(|consumer| consumer.processed() > 0), "records were read");
        digests.push(cluster.digest());
        digests
    }
}

/// Fails unless the worlds are those that they were, to the last bit, on whatever machine.
pub(crate) fn check() {
    let file: File = serde_json::from_str(FILE).expect("sessions");
    let played: Vec<Vec<u64>> = file.sessions.iter().map(Script::play).collect();
    let digest = format!("{:016x}", digest_of(&played));
    // The number changes whenever the model does: with a message more or less, a field of a node, a draw of the generator. If that
    // was meant, write the new number into the file. If it was not, or if only one platform disagrees, something is wrong.
    assert_eq!(
        digest, file.digest,
        "the worlds have changed; if that was meant, tests/digest.json takes \"digest\": \"{digest}\""
    );
}
