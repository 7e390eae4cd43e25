//! The worlds that one comes upon: the one that a first visit shows, and those that were kept.

use super::browser::{self, Slot};
use super::learn::Learning;
use super::notice::Notice;
use crate::base::SimTime;
use crate::command::Terminal;
use crate::lesson::{self, Player};
use crate::sim::{ClusterConfig, Session};

/// A cluster as one finds it at work: it is written here as one would type it.
pub(super) const USUAL: &str = "\
kafka-topics --create --topic orders --partitions 3 --replication-factor 3 --config min.insync.replicas=2
producer p start --topic orders --rate 2/s --keys 5 --config acks=all
consumer a start --group payment --topic orders --config auto.offset.reset=earliest
consumer b start --group payment --topic orders --config auto.offset.reset=earliest
run 12s";

/// The usual cluster, settled, at a moment with something to see.
pub(super) fn fresh_session() -> Session {
    let mut session = Session::new(ClusterConfig::default()).expect("the default cluster can begin");
    Terminal::default().execute(&mut session, USUAL);
    to_good_moment(&mut session);
    session
}

/// Lets the world run a little further, to where messages are on their way.
pub(super) fn to_good_moment(session: &mut Session) {
    const PATIENCE: SimTime = SimTime::from_secs(2);
    let limit = session.now() + PATIENCE;
    session.run_until(limit, |cluster| {
        let now = cluster.now();
        let moving = || cluster.in_flight().filter(|e| !e.label.idle && e.sent_at <= now && e.deliver_at > now);
        // Nothing arrives at once: there is time to look.
        let calm = moving().all(|e| e.deliver_at.since(now) >= SimTime(700));
        moving().count() >= 2 && moving().any(|e| e.label.loaded) && calm
    });
    let now = session.now();
    let arrivals = session.cluster().in_flight().filter(|e| !e.label.idle && e.deliver_at > now);
    if let Some(first) = arrivals.map(|e| e.deliver_at).min() {
        session.run_to(SimTime(now.0 + first.since(now).0 / 3));
    }
}

/// Something kept that is being opened: if the page does not survive it, the next visit leaves it alone.
fn opening<T>(slot: Slot<'_>, open: impl FnOnce(&str) -> Result<T, String>) -> Option<Result<T, Notice>> {
    let text = browser::kept(slot)?;
    let rescue = |notice| {
        browser::keep(Slot::Rescued, &text);
        browser::forget(slot);
        browser::forget(Slot::Opening);
        Some(Err(notice))
    };
    if browser::kept(Slot::Opening).is_some_and(|name| name == slot.key()) {
        return rescue(Notice::Crashed);
    }
    browser::keep(Slot::Opening, &slot.key());
    match open(&text) {
        Ok(opened) => Some(Ok(opened)),
        Err(reason) => rescue(Notice::Unreadable(reason)),
    }
}

/// The lab's world kept from last time, or a fresh one; whether it is fresh; and what to say about it.
pub(super) fn open_lab() -> (Session, bool, Option<Notice>) {
    match opening(Slot::Session, |text| Session::load(text).map_err(|error| reason(&error))) {
        Some(Ok(session)) => (session, false, None),
        Some(Err(notice)) => (fresh_session(), true, Some(notice)),
        None => (fresh_session(), true, None),
    }
}

/// A lesson where it was left, or from its beginning; `None` if there is no such lesson.
pub(super) fn open_lesson(id: &str) -> Option<(Learning, Session, Option<Notice>)> {
    let lesson = lesson::find(id)?;
    let left = opening(Slot::Lesson(id), |text| {
        let unread = || "수업 기록의 형식이 올바르지 않아요.".to_string();
        let (state, session) = text.split_once('\n').ok_or_else(unread)?;
        let state: lesson::PlayerState = serde_json::from_str(state).map_err(|_| unread())?;
        let mut session = Session::load(session).map_err(|error| reason(&error))?;
        let mut player = Player::resume(&lesson, state.clone()).map_err(|error| error.message)?;
        if *player.state() != state {
            // Its commands were being run: the step begins anew.
            player.back(&mut session);
        }
        Ok((Learning::new(player), session))
    });
    let notice = match left {
        Some(Ok((learning, session))) => return Some((learning, session, None)),
        Some(Err(notice)) => Some(notice),
        None => None,
    };
    let (player, session) = Player::start(&lesson).ok()?;
    Some((Learning::new(player), session, notice))
}

/// Why a saved session could not be opened, for the person who saved it.
fn reason(error: &crate::sim::LoadError) -> String {
    use crate::sim::LoadError;
    match error {
        LoadError::Malformed(_) => "파일의 형식이 올바르지 않아요.".into(),
        LoadError::Format(_) => "다른 버전의 카프카스코프에서 저장했어요.".into(),
        LoadError::Config(_) => "클러스터 설정을 받아들일 수 없어요.".into(),
        LoadError::Action { number, .. } => format!("{number}번째 동작을 되풀이할 수 없어요."),
    }
}
