//! The quorum: election and replication of the metadata log (KRaft, KIP-595).
//!
//! KRaft is Raft turned to pull. A candidate asks the other voters for their voice; who gets a majority opens its term with an
//! empty record and tells the others. From then on they *fetch*, and a fetch from offset n says "all before n I have". The
//! leader's high watermark is the offset that a majority has passed, once that lies in its own term. A leader that a majority
//! has stopped fetching from for one and a half times the fetch time-out resigns.
//!
//! A follower that hears nothing for the fetch time-out does not stand for election at once (KIP-996): as a *prospective* it
//! first asks, in the old term, who *would* give it a voice. Who still hears the leader says no. So a controller that was cut
//! off and comes back learns that there is a leader, instead of forcing a new term upon everybody.

use super::{Controller, ControllerTimer};
use crate::base::{ControllerId, Map, NodeId, Offset, Set, SimTime};
use crate::protocol::{
    Effects, ErrorCode, QuorumEntry, QuorumFetchRequest, QuorumFetchResponse, Request, Response, VoteRequest,
    VoteResponse,
};
use crate::trace::TraceKind;

/// How long a Fetch without news is parked (`KafkaRaftClient.MAX_FETCH_WAIT_MS`).
const MAX_FETCH_WAIT: SimTime = SimTime::from_ms(500);
/// How long a voter waits before it asks an unreachable one again.
const RETRY_BACKOFF: SimTime = SimTime::from_ms(100);
/// How many records one Fetch brings at most.
const MAX_RECORDS: usize = 500;

/// What a controller is in its quorum.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// It knows no leader of the current term.
    Unattached,
    /// It asks whether it would be elected, without opening a term.
    Prospective {
        /// The leader that it has not heard from for too long, if it knew one.
        leader: Option<ControllerId>,
        /// Who would give it a voice, itself included.
        granted: Set<ControllerId>,
        /// Who would not.
        rejected: Set<ControllerId>,
    },
    /// It stands for election.
    Candidate {
        /// Who gave it a voice, itself included.
        granted: Set<ControllerId>,
    },
    /// It leads.
    Leader {
        /// Where its term begins in the log.
        epoch_start: Offset,
        /// What it knows of the other voters.
        voters: Map<ControllerId, VoterState>,
        /// Fetches that wait for news.
        parked: Vec<ParkedFetch>,
    },
    /// It follows.
    Follower {
        /// Whom.
        leader: ControllerId,
        /// Whether that one has answered a fetch yet.
        has_fetched: bool,
    },
}

/// What a leader knows of another voter.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct VoterState {
    /// The end of its log; `None` until it has fetched.
    pub end_offset: Option<Offset>,
    /// When it last fetched.
    pub last_fetch: SimTime,
}

/// A Fetch that waits for news.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ParkedFetch {
    /// Who asked.
    pub node: NodeId,
    /// Under which number.
    pub correlation: u32,
    /// What.
    pub request: QuorumFetchRequest,
}

type Fx = Effects<ControllerTimer>;

impl Controller {
    fn majority(&self) -> usize {
        self.voters.len() / 2 + 1
    }

    fn peers(&self) -> Vec<ControllerId> {
        self.voters.iter().copied().filter(|voter| *voter != self.id).collect()
    }

    fn send(&mut self, to: ControllerId, request: Request, fx: &mut Fx) -> u32 {
        let correlation = self.next_correlation;
        self.next_correlation += 1;
        fx.request(NodeId::Controller(to), correlation, request);
        correlation
    }

    /// Changes role; everything that the old role was waiting for is stale from now on.
    fn take_role(&mut self, role: Role, fx: &mut Fx) {
        self.term_of_office += 1;
        let old = std::mem::replace(&mut self.role, role);
        if let Role::Leader { parked, epoch_start, .. } = old {
            let epoch = self.store.log.epoch_before(epoch_start + 1);
            self.deactivate(epoch, fx);
            for fetch in parked {
                let response = self.fetch_error(ErrorCode::NotLeaderOrFollower);
                fx.respond(fetch.node, fetch.correlation, response);
            }
        }
    }

    fn adopt_epoch(&mut self, epoch: i32) {
        if epoch > self.store.epoch {
            self.store.epoch = epoch;
            self.store.voted_for = None;
        }
    }

    pub(super) fn become_unattached(&mut self, epoch: i32, fx: &mut Fx) {
        self.adopt_epoch(epoch);
        self.take_role(Role::Unattached, fx);
        self.await_election(fx);
    }

    /// Waits between one and two `controller.quorum.election.timeout.ms`, so that not all lose patience at once.
    fn await_election(&mut self, fx: &mut Fx) {
        let jitter = SimTime(self.rng.below(self.config.election_timeout.0));
        fx.timer(self.config.election_timeout + jitter, ControllerTimer::Election(self.term_of_office));
    }

    /// Asks everybody for a voice in `epoch`, or whether they would give it.
    fn ask_for_votes(&mut self, epoch: i32, pre_vote: bool, fx: &mut Fx) {
        let (last_epoch, end_offset) = (self.store.log.last_epoch(), self.store.log.end_offset());
        for peer in self.peers() {
            let request = VoteRequest { epoch, candidate: self.id, last_epoch, end_offset, pre_vote };
            self.send(peer, Request::Vote(request), fx);
        }
        self.await_election(fx);
    }

    fn become_prospective(&mut self, fx: &mut Fx) {
        let leader = match &self.role {
            Role::Follower { leader, .. } => Some(*leader),
            _ => None,
        };
        let role = Role::Prospective { leader, granted: Set::from([self.id]), rejected: Set::new() };
        self.take_role(role, fx);
        let epoch = self.store.epoch;
        fx.trace_and(TraceKind::Prospective { epoch }, |fx| {
            self.ask_for_votes(epoch, true, fx);
            self.maybe_become_candidate(fx);
        });
    }

    fn maybe_become_candidate(&mut self, fx: &mut Fx) {
        let Role::Prospective { granted, rejected, .. } = &self.role else { return };
        if granted.len() >= self.majority() {
            self.become_candidate(fx);
        } else if self.voters.len() - rejected.len() < self.majority() {
            self.give_up_prospects(fx);
        }
    }

    /// A prospective that will not be elected goes back to the leader that it knew, or waits for another.
    fn give_up_prospects(&mut self, fx: &mut Fx) {
        let epoch = self.store.epoch;
        match self.role {
            Role::Prospective { leader: Some(leader), .. } => self.become_follower(epoch, leader, fx),
            _ => self.become_unattached(epoch, fx),
        }
    }

    fn become_candidate(&mut self, fx: &mut Fx) {
        self.store.epoch += 1;
        self.store.voted_for = Some(self.id);
        self.take_role(Role::Candidate { granted: Set::from([self.id]) }, fx);
        let epoch = self.store.epoch;
        fx.trace_and(TraceKind::Candidate { epoch }, |fx| {
            self.ask_for_votes(epoch, false, fx);
            self.maybe_become_leader(fx);
        });
    }

    fn maybe_become_leader(&mut self, fx: &mut Fx) {
        let Role::Candidate { granted } = &self.role else { return };
        if granted.len() < self.majority() {
            return;
        }
        let epoch_start = self.store.log.end_offset();
        let voter = VoterState { end_offset: None, last_fetch: fx.now };
        let voters = self.peers().into_iter().map(|peer| (peer, voter.clone())).collect();
        self.take_role(Role::Leader { epoch_start, voters, parked: Vec::new() }, fx);
        let epoch = self.store.epoch;
        fx.trace_and(TraceKind::ControllerElected { epoch }, |fx| {
            self.store.log.append(QuorumEntry { epoch, record: None });
            for peer in self.peers() {
                self.send(peer, Request::BeginQuorumEpoch { epoch, leader: self.id }, fx);
            }
            fx.timer(self.quorum_patience(), ControllerTimer::CheckQuorum(self.term_of_office));
            self.activate(fx);
            self.on_leader_append(fx);
        });
    }

    fn become_follower(&mut self, epoch: i32, leader: ControllerId, fx: &mut Fx) {
        self.adopt_epoch(epoch);
        self.take_role(Role::Follower { leader, has_fetched: false }, fx);
        fx.timer(self.config.fetch_timeout, ControllerTimer::FetchTimeout(self.term_of_office));
        self.fetch_from_leader(fx);
    }

    fn quorum_patience(&self) -> SimTime {
        SimTime(self.config.fetch_timeout.0 * 3 / 2)
    }

    fn fetch_from_leader(&mut self, fx: &mut Fx) {
        let Role::Follower { leader, .. } = self.role else { return };
        let offset = self.store.log.end_offset();
        let request = QuorumFetchRequest {
            epoch: self.store.epoch,
            voter: Some(self.id),
            offset,
            last_epoch: self.store.log.last_epoch(),
            high_watermark: self.high_watermark,
        };
        self.awaited_fetch = Some(self.send(leader, Request::QuorumFetch(request), fx));
    }

    pub(super) fn on_quorum_timer(&mut self, timer: ControllerTimer, fx: &mut Fx) {
        match timer {
            ControllerTimer::Election(office) if office == self.term_of_office => match self.role {
                Role::Prospective { .. } => self.give_up_prospects(fx),
                _ => self.become_prospective(fx),
            },
            ControllerTimer::FetchTimeout(office) if office == self.term_of_office => self.become_prospective(fx),
            ControllerTimer::Fetch(office) if office == self.term_of_office => self.fetch_from_leader(fx),
            ControllerTimer::CheckQuorum(office) if office == self.term_of_office => self.check_quorum(fx),
            ControllerTimer::ReleaseFetch(node, correlation) => self.release_fetch(node, correlation, fx),
            _ => {}
        }
    }

    pub(super) fn on_quorum_request(&mut self, from: NodeId, correlation: u32, request: Request, fx: &mut Fx) {
        match request {
            Request::Vote(request) => {
                let response = self.vote(&request, fx);
                fx.respond(from, correlation, Response::Vote(response));
            }
            Request::BeginQuorumEpoch { epoch, leader } => {
                let error = if epoch < self.store.epoch { ErrorCode::FencedLeaderEpoch } else { ErrorCode::None };
                fx.respond(from, correlation, Response::BeginQuorumEpoch(error));
                let known = matches!(&self.role, Role::Follower { leader: mine, .. } if *mine == leader);
                if error.is_ok() && !(known && epoch == self.store.epoch) {
                    self.become_follower(epoch, leader, fx);
                }
            }
            Request::QuorumFetch(request) => self.on_quorum_fetch(from, correlation, request, fx),
            _ => {}
        }
    }

    fn vote(&mut self, request: &VoteRequest, fx: &mut Fx) -> VoteResponse {
        if request.epoch > self.store.epoch {
            self.become_unattached(request.epoch, fx);
        }
        let log = &self.store.log;
        let up_to_date = (request.last_epoch, request.end_offset) >= (log.last_epoch(), log.end_offset());
        let granted = request.epoch == self.store.epoch && up_to_date && self.may_vote(request);
        if granted && !request.pre_vote {
            self.store.voted_for = Some(request.candidate);
            // Whoever got this voice has at least as good a chance: give it the time to win.
            self.term_of_office += 1;
            self.await_election(fx);
        }
        VoteResponse { epoch: self.store.epoch, granted, pre_vote: request.pre_vote }
    }

    /// Whether this one is free to give its voice (or, before that, to say that it would).
    fn may_vote(&self, request: &VoteRequest) -> bool {
        match (&self.role, request.pre_vote) {
            (Role::Leader { .. }, _) | (Role::Candidate { .. } | Role::Follower { .. }, false) => false,
            // Who hears the leader wants no other.
            (Role::Follower { has_fetched, .. }, true) => !has_fetched,
            (Role::Unattached | Role::Prospective { .. } | Role::Candidate { .. }, true) => true,
            (Role::Unattached, false) => self.has_voice_for(request.candidate),
            (Role::Prospective { leader, .. }, false) => leader.is_none() && self.has_voice_for(request.candidate),
        }
    }

    fn has_voice_for(&self, candidate: ControllerId) -> bool {
        self.store.voted_for.is_none_or(|voted| voted == candidate)
    }

    fn fetch_error(&self, error: ErrorCode) -> Response {
        let leader = match &self.role {
            Role::Leader { .. } => Some(self.id),
            Role::Follower { leader, .. } => Some(*leader),
            _ => None,
        };
        Response::QuorumFetch(QuorumFetchResponse {
            error,
            epoch: self.store.epoch,
            leader,
            high_watermark: self.high_watermark,
            diverging: None,
            entries: Vec::new(),
        })
    }

    fn on_quorum_fetch(&mut self, from: NodeId, correlation: u32, request: QuorumFetchRequest, fx: &mut Fx) {
        if request.epoch > self.store.epoch && request.voter.is_some() {
            self.become_unattached(request.epoch, fx);
        }
        if !self.is_active() {
            return fx.respond(from, correlation, self.fetch_error(ErrorCode::NotLeaderOrFollower));
        }
        if request.epoch < self.store.epoch {
            return fx.respond(from, correlation, self.fetch_error(ErrorCode::FencedLeaderEpoch));
        }
        let response = self.read_quorum_log(&request);
        if response.diverging.is_none() {
            self.record_voter_fetch(&request, fx);
        }
        let news = !response.entries.is_empty()
            || response.diverging.is_some()
            || self.high_watermark > request.high_watermark;
        if news {
            let response = QuorumFetchResponse { high_watermark: self.high_watermark, ..response };
            return fx.respond(from, correlation, Response::QuorumFetch(response));
        }
        if let Role::Leader { parked, .. } = &mut self.role {
            parked.push(ParkedFetch { node: from, correlation, request });
            fx.timer(MAX_FETCH_WAIT, ControllerTimer::ReleaseFetch(from, correlation));
        }
    }

    fn read_quorum_log(&self, request: &QuorumFetchRequest) -> QuorumFetchResponse {
        let log = &self.store.log;
        let (epoch, end) = log.end_offset_for_epoch(request.last_epoch);
        let diverged = request.offset > 0 && (epoch != request.last_epoch || end < request.offset);
        QuorumFetchResponse {
            error: ErrorCode::None,
            epoch: self.store.epoch,
            leader: Some(self.id),
            high_watermark: self.high_watermark,
            diverging: diverged.then_some((epoch, end)),
            entries: if diverged { Vec::new() } else { log.read(request.offset, MAX_RECORDS) },
        }
    }

    fn record_voter_fetch(&mut self, request: &QuorumFetchRequest, fx: &mut Fx) {
        let Role::Leader { voters, .. } = &mut self.role else { return };
        let Some(state) = request.voter.and_then(|voter| voters.get_mut(&voter)) else { return };
        state.end_offset = Some(request.offset);
        state.last_fetch = fx.now;
        self.advance_high_watermark(fx);
    }

    /// After the leader wrote: with a quorum of one, that is already a majority.
    pub(super) fn on_leader_append(&mut self, fx: &mut Fx) {
        self.advance_high_watermark(fx);
        self.answer_parked(fx);
    }

    fn advance_high_watermark(&mut self, fx: &mut Fx) {
        let Role::Leader { epoch_start, voters, .. } = &self.role else { return };
        let mut ends: Vec<Offset> = voters.values().map(|voter| voter.end_offset.unwrap_or(-1)).collect();
        ends.push(self.store.log.end_offset());
        let has_majority = |end: &Offset| ends.iter().filter(|other| *other >= end).count() > ends.len() / 2;
        let Some(majority_has) = ends.iter().copied().filter(has_majority).max() else { return };
        if majority_has > *epoch_start && majority_has > self.high_watermark {
            self.high_watermark = majority_has;
            self.answer_committed(fx);
            self.answer_parked(fx);
        }
    }

    fn answer_parked(&mut self, fx: &mut Fx) {
        let Role::Leader { parked, .. } = &mut self.role else { return };
        for fetch in std::mem::take(parked) {
            self.on_quorum_fetch_again(fetch, fx);
        }
    }

    /// Looks at a parked Fetch again: answers it if there is news by now, or parks it as before.
    fn on_quorum_fetch_again(&mut self, fetch: ParkedFetch, fx: &mut Fx) {
        let response = self.read_quorum_log(&fetch.request);
        if !response.entries.is_empty() || self.high_watermark > fetch.request.high_watermark {
            fx.respond(fetch.node, fetch.correlation, Response::QuorumFetch(response));
        } else if let Role::Leader { parked, .. } = &mut self.role {
            parked.push(fetch);
        }
    }

    fn release_fetch(&mut self, node: NodeId, correlation: u32, fx: &mut Fx) {
        let Role::Leader { parked, .. } = &mut self.role else { return };
        let Some(place) = parked.iter().position(|f| f.node == node && f.correlation == correlation) else { return };
        let fetch = parked.remove(place);
        let response = self.read_quorum_log(&fetch.request);
        fx.respond(node, correlation, Response::QuorumFetch(response));
    }

    fn check_quorum(&mut self, fx: &mut Fx) {
        let patience = self.quorum_patience();
        let Role::Leader { voters, .. } = &self.role else { return };
        let fresh = voters.values().filter(|voter| fx.now.since(voter.last_fetch) < patience).count() + 1;
        if fresh < self.majority() {
            self.become_unattached(self.store.epoch, fx);
        } else {
            fx.timer(SimTime(patience.0 / 2), ControllerTimer::CheckQuorum(self.term_of_office));
        }
    }

    pub(super) fn on_quorum_response(&mut self, from: NodeId, correlation: u32, response: Response, fx: &mut Fx) {
        match response {
            Response::Vote(response) => self.on_vote(from, &response, fx),
            Response::QuorumFetch(response) if self.awaited_fetch == Some(correlation) => self.on_fetched(response, fx),
            _ => {}
        }
    }

    fn on_vote(&mut self, from: NodeId, response: &VoteResponse, fx: &mut Fx) {
        if response.epoch > self.store.epoch {
            return self.become_unattached(response.epoch, fx);
        }
        let NodeId::Controller(voter) = from else { return };
        match (&mut self.role, response.pre_vote) {
            _ if response.epoch != self.store.epoch => {}
            (Role::Candidate { granted }, false) if response.granted => {
                granted.insert(voter);
                self.maybe_become_leader(fx);
            }
            (Role::Prospective { granted, rejected, .. }, true) => {
                if response.granted {
                    granted.insert(voter)
                } else {
                    rejected.insert(voter)
                };
                self.maybe_become_candidate(fx);
            }
            _ => {}
        }
    }

    fn on_fetched(&mut self, response: QuorumFetchResponse, fx: &mut Fx) {
        let Role::Follower { leader, .. } = self.role else { return };
        if response.epoch > self.store.epoch || response.leader.is_some_and(|told| told != leader) {
            return match response.leader {
                Some(leader) if leader != self.id => self.become_follower(response.epoch, leader, fx),
                _ => self.become_unattached(response.epoch, fx),
            };
        }
        if response.epoch < self.store.epoch || !response.error.is_ok() {
            return fx.timer(RETRY_BACKOFF, ControllerTimer::Fetch(self.term_of_office));
        }
        self.role = Role::Follower { leader, has_fetched: true };
        if let Some((epoch, end)) = response.diverging {
            let (_, mine) = self.store.log.end_offset_for_epoch(epoch);
            self.store.log.truncate(end.min(mine));
        }
        for entry in response.entries {
            self.store.log.append(entry);
        }
        self.high_watermark = self.high_watermark.max(response.high_watermark.min(self.store.log.end_offset()));
        self.replay_up_to(self.high_watermark);
        // A new office with the same role: the old fetch time-out is stale, a new one runs.
        self.term_of_office += 1;
        fx.timer(self.config.fetch_timeout, ControllerTimer::FetchTimeout(self.term_of_office));
        self.fetch_from_leader(fx);
    }

    /// The peer's process is gone: what was parked for it is dropped, and a follower asks its leader again after a while.
    pub(super) fn on_disconnected(&mut self, peer: NodeId, fx: &mut Fx) {
        match &mut self.role {
            Role::Leader { parked, .. } => parked.retain(|fetch| fetch.node != peer),
            Role::Follower { leader, .. } if NodeId::Controller(*leader) == peer => {
                fx.timer(RETRY_BACKOFF, ControllerTimer::Fetch(self.term_of_office));
            }
            _ => {}
        }
    }
}
