//! The words that one can type, for completion.

use super::consume;
use super::grammar::Form;
use super::lexicon::COMMANDS;
use super::predicate::{FUNCTIONS, client_names};
use super::produce;
use super::topics;
use super::world::node_names;
use crate::broker::BrokerConfig;
use crate::client::{ConsumerConfig, ProducerConfig};
use crate::controller::ControllerConfig;
use crate::sim::Session;

/// What may stand at some place of a line.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Offer {
    /// The word.
    pub word: String,
    /// What it does, in Korean; may be empty.
    pub help: &'static str,
}

/// All words, by what they are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Vocabulary {
    /// Commands.
    pub commands: Vec<Offer>,
    /// For each command its own words and flags.
    pub words: Vec<(&'static str, Vec<Offer>)>,
    /// The functions of predicates, with an opening parenthesis.
    pub functions: Vec<Offer>,
    /// For each command the settings that it takes, with an equals sign.
    pub settings: Vec<(&'static str, Vec<String>)>,
}

/// The words that one can type in any world.
#[must_use]
pub fn vocabulary() -> Vocabulary {
    let modelled = |form: &&Form| form.is_modelled();
    let commands = COMMANDS.iter().filter(|command| command.forms.iter().any(|form| modelled(&form)));
    let words = commands.clone().map(|command| {
        let forms = command.forms.iter().filter(modelled);
        let keywords = forms.clone().flat_map(|form| {
            let own = form.parts().filter(|part| super::call::is_keyword(part));
            own.map(|part| Offer { word: part.into(), help: form.help })
        });
        let flags = forms.flat_map(|form| form.flags).filter(|flag| flag.modelled);
        let mut offers: Vec<Offer> =
            keywords.chain(flags.map(|flag| Offer { word: flag.name.into(), help: flag.help })).collect();
        offers.dedup_by(|a, b| a.word == b.word);
        (command.name, offers)
    });
    let functions = FUNCTIONS.iter().filter(|function| function.run.is_some());
    let settings = |names: &mut dyn Iterator<Item = &'static str>| names.map(|name| format!("{name}=")).collect();
    let brokers = &mut BrokerConfig::NAMES.iter().chain(ControllerConfig::NAMES).copied();
    let producers = || ProducerConfig::NAMES.iter().copied();
    let consumers = || ConsumerConfig::NAMES.iter().copied().filter(|name| *name != "group.id");
    let printing = || consume::PROPERTIES.iter().copied();
    Vocabulary {
        commands: commands.clone().map(|command| Offer { word: command.name.into(), help: command.help }).collect(),
        words: words.collect(),
        functions: functions.map(|it| Offer { word: format!("{}(", it.name), help: it.help }).collect(),
        settings: vec![
            ("cluster", settings(brokers)),
            ("kafka-topics", settings(&mut topics::config_names())),
            ("kafka-console-producer", settings(&mut produce::PROPERTIES.iter().copied().chain(producers()))),
            ("kafka-console-consumer", settings(&mut printing().chain(consumers()))),
            ("producer", settings(&mut producers())),
            ("consumer", settings(&mut consumers())),
        ],
    }
}

/// The names of things in this world: nodes, partitions, topics, groups, clients.
#[must_use]
pub fn world_names(session: &Session) -> Vec<String> {
    let cluster = session.cluster();
    let mut names = node_names(session);
    if let Some(image) = cluster.image() {
        names.extend(image.topics.keys().filter(|topic| !topic.starts_with("__")).map(ToString::to_string));
        names.extend(image.partitions().map(|(tp, _)| tp).filter(|tp| !tp.is_internal()).map(|tp| tp.to_string()));
    }
    names.extend(client_names(cluster));
    let applications = cluster.clients().filter(|client| !client.is_tool());
    names.extend(applications.filter_map(|client| client.group().map(String::from)));
    names.sort();
    names.dedup();
    names
}
