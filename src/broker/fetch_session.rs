//! Fetch sessions, as the broker that is asked keeps them (KIP-227; Kafka's `FetchManager`, `FetchSession` and its cache).
//!
//! A session remembers what was asked of each partition and what was last told of it. An incremental fetch is filled up from it, and
//! its answer holds only what is news: records, another high watermark or log start, an error, a place where the logs part.
//! The cache has a limited number of places. A new session takes the place of one that nobody has used for two minutes; or else, if
//! there are such that are old enough, of the smallest one; a follower's is never driven out by a consumer's.
//!
//! Left out: that the cache is in eight parts with a lock each.

use super::{Broker, Fx};
use crate::base::{Map, NodeId, Offset, Rng, SimTime};
use crate::protocol::{
    ErrorCode, FetchMetadata, FetchPartition, FetchPartitionResponse, FetchRequest, FetchResponse, Response,
};

/// How long a session is safe from being driven out (`min.incremental.fetch.session.eviction.ms`, which is fixed).
const EVICTION: SimTime = SimTime::from_secs(120);

/// What a session knows of a partition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct CachedPartition {
    asked: FetchPartition,
    /// The high watermark last told; −1 for none.
    high_watermark: Offset,
    /// The log start last told; −1 for none.
    log_start_offset: Offset,
}

impl CachedPartition {
    fn new(asked: FetchPartition) -> Self {
        Self { asked, high_watermark: -1, log_start_offset: -1 }
    }

    /// Takes in what is about to be told; says whether it is news.
    fn update(&mut self, answer: &FetchPartitionResponse) -> bool {
        let mut news = !answer.records.is_empty()
            || answer.high_watermark != self.high_watermark
            || answer.log_start_offset != self.log_start_offset
            || answer.preferred_read_replica.is_some()
            || answer.diverging.is_some();
        self.high_watermark = answer.high_watermark;
        self.log_start_offset = answer.log_start_offset;
        if !answer.error.is_ok() {
            // An error that is over is news, too.
            self.high_watermark = -1;
            news = true;
        }
        news
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct FetchSession {
    /// A follower's.
    privileged: bool,
    created: SimTime,
    last_used: SimTime,
    /// The epoch of the next request.
    epoch: i32,
    /// In the order in which they are read; those that have just brought records come last.
    partitions: Vec<CachedPartition>,
}

/// What becomes of the answer to a fetch.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum FetchContext {
    /// It holds everything, and there is no session.
    Sessionless,
    /// It holds everything, and a session may begin with it.
    Full,
    /// It holds the news; the epoch is that of the request after it.
    Incremental {
        /// The session.
        session_id: i32,
        /// The epoch that the session has after this request.
        epoch: i32,
    },
}

/// All sessions of a broker.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FetchSessionCache {
    sessions: Map<i32, FetchSession>,
    rng: Rng,
    evicted: u64,
}

impl FetchSessionCache {
    /// An empty one; its ids are drawn from `rng`.
    pub(super) fn new(rng: Rng) -> Self {
        Self { sessions: Map::new(), rng, evicted: 0 }
    }

    /// The sessions: id, whether it is a follower's, how many partitions it has, and the epoch that is due.
    pub fn sessions(&self) -> impl Iterator<Item = (i32, bool, usize, i32)> {
        self.sessions.iter().map(|(id, session)| (*id, session.privileged, session.partitions.len(), session.epoch))
    }

    /// How many sessions were driven out for others.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Finds the session of a fetch, and fills the fetch up with what the session knows.
    pub(super) fn context(&mut self, now: SimTime, request: &mut FetchRequest) -> Result<FetchContext, ErrorCode> {
        let FetchMetadata { session_id, epoch } = request.session;
        if request.session.is_full() {
            self.sessions.remove(&session_id);
            return Ok(if epoch == 0 { FetchContext::Full } else { FetchContext::Sessionless });
        }
        let session = self.sessions.get_mut(&session_id).ok_or(ErrorCode::FetchSessionIdNotFound)?;
        if session.epoch != epoch {
            return Err(ErrorCode::InvalidFetchSessionEpoch);
        }
        session.partitions.retain(|cached| !request.forgotten.contains(&cached.asked.partition));
        for asked in std::mem::take(&mut request.partitions) {
            match session.partitions.iter_mut().find(|cached| cached.asked.partition == asked.partition) {
                Some(cached) => cached.asked = asked,
                None => session.partitions.push(CachedPartition::new(asked)),
            }
        }
        if session.partitions.is_empty() {
            self.sessions.remove(&session_id);
            return Ok(FetchContext::Sessionless);
        }
        session.last_used = now;
        session.epoch = FetchMetadata::next_epoch(epoch);
        request.partitions = session.partitions.iter().map(|cached| cached.asked.clone()).collect();
        Ok(FetchContext::Incremental { session_id, epoch: session.epoch })
    }

    /// Makes the answer to a fetch of what was read.
    pub(super) fn answer(
        &mut self,
        now: SimTime,
        request: &FetchRequest,
        context: FetchContext,
        partitions: Vec<FetchPartitionResponse>,
        slots: usize,
    ) -> FetchResponse {
        let error = ErrorCode::None;
        match context {
            FetchContext::Sessionless => FetchResponse { error, session_id: 0, partitions },
            FetchContext::Full => {
                let session_id = self.begin(now, request, &partitions, slots);
                FetchResponse { error, session_id, partitions }
            }
            FetchContext::Incremental { session_id, epoch } => {
                let session = self.sessions.get_mut(&session_id).filter(|session| session.epoch == epoch);
                let Some(session) = session else {
                    return FetchResponse {
                        error: ErrorCode::InvalidFetchSessionEpoch,
                        session_id: 0,
                        partitions: vec![],
                    };
                };
                let partitions = partitions.into_iter().filter(|answer| session.tell(answer)).collect();
                FetchResponse { error, session_id, partitions }
            }
        }
    }

    /// Begins a session, if there is a place for it; 0 if there is none.
    fn begin(&mut self, now: SimTime, request: &FetchRequest, told: &[FetchPartitionResponse], slots: usize) -> i32 {
        let privileged = request.replica.is_some();
        let size = request.partitions.len();
        if size == 0 || (self.sessions.len() >= slots && !self.evict(now, privileged, size)) {
            return 0;
        }
        let mut partitions: Vec<CachedPartition> =
            request.partitions.iter().cloned().map(CachedPartition::new).collect();
        for (cached, answer) in partitions.iter_mut().zip(told) {
            cached.update(answer);
        }
        let id = loop {
            let id = 1 + self.rng.below(i32::MAX as u64) as i32;
            if id > 0 && !self.sessions.contains_key(&id) {
                break id;
            }
        };
        self.sessions.insert(id, FetchSession { privileged, created: now, last_used: now, epoch: 1, partitions });
        id
    }

    /// Drives a session out for a new one, if any may be; says whether it did.
    fn evict(&mut self, now: SimTime, privileged: bool, size: usize) -> bool {
        let Some((id, idle)) = self.sessions.iter().min_by_key(|(id, session)| (session.last_used, **id)) else {
            return false;
        };
        let idle_since = now.since(idle.last_used);
        let victim = if idle_since > EVICTION {
            Some(*id)
        } else {
            let old_enough = |session: &FetchSession| now.since(session.created) > EVICTION;
            let may_go = self.sessions.iter().filter(|(_, it)| old_enough(it) && (privileged || !it.privileged));
            let smallest = may_go.min_by_key(|(id, it)| (it.privileged, it.partitions.len(), **id));
            smallest.filter(|(_, it)| (privileged, size) > (it.privileged, it.partitions.len())).map(|(id, _)| *id)
        };
        self.evicted += u64::from(victim.is_some());
        victim.is_some_and(|id| self.sessions.remove(&id).is_some())
    }
}

impl FetchSession {
    /// Whether a partition's answer is to be told; what brings records goes to the end.
    fn tell(&mut self, answer: &FetchPartitionResponse) -> bool {
        let Some(place) = self.partitions.iter().position(|cached| cached.asked.partition == answer.partition) else {
            return false;
        };
        let news = self.partitions[place].update(answer);
        if !answer.records.is_empty() {
            let cached = self.partitions.remove(place);
            self.partitions.push(cached);
        }
        news
    }
}

impl Broker {
    /// Answers a fetch whose session is not to be had.
    pub(super) fn refuse_session(to: NodeId, correlation: u32, error: ErrorCode, fx: &mut Fx) {
        fx.respond(to, correlation, Response::Fetch(FetchResponse { error, session_id: 0, partitions: Vec::new() }));
    }

    /// The fetch sessions that others have with it.
    #[must_use]
    pub fn fetch_sessions(&self) -> &FetchSessionCache {
        &self.fetch_sessions
    }
}
