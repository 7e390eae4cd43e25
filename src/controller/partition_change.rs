//! What becomes of a partition when its replicas' fortunes change (Kafka's `PartitionChangeBuilder`).
//!
//! Given the partition, what is wanted of it (another ISR, other replicas, a certain election) and who may lead: which one
//! record brings it there? The steps are Kafka's, in Kafka's order.
//!
//! 1. A *reassignment* whose new replicas are all in sync is completed: the old ones go.
//! 2. With *eligible leader replicas* (KIP-966, on in new clusters since 4.1) whoever leaves an ISR that is below
//!    `min.insync.replicas` stays eligible: nothing can have been committed without it. Then the ISR may become empty, and the
//!    first eligible replica that comes back may lead, without loss.
//! 3. *Election.* The leader stays if it may. Else the first replica in the order of the assignment that is in the ISR (or, if
//!    that is empty, eligible) and active. Else the last known leader, if it is all that is left to hope for. Else, if the
//!    election is unclean, any active replica. The last two may lose records: the new leader alone makes up the ISR and has
//!    to recover.
//! 4. The leader epoch rises when a leader, or none, is named; when a replica goes from the assignment; and, in clusters with a
//!    `metadata.version` below 3.6, when the ISR shrinks.
//!
//! Without eligible leader replicas the last member of the ISR stays in it: it is the only one known to have everything.
//!
//! Left out: the directories of replicas (JBOD).

use crate::base::BrokerId;
use crate::protocol::{PartitionChange, PartitionRegistration};

/// Which leader is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Election {
    /// One that has everything; the present one if it can stay.
    Online,
    /// The preferred replica, if it has everything and is active; else as [`Election::Online`].
    Preferred,
    /// As [`Election::Online`], and if there is none, any active replica, at the price of what it lacks.
    Unclean,
}

/// What is wanted of a partition, and by which rules the cluster goes.
#[derive(Clone, Debug)]
pub struct PartitionChangeBuilder<'a> {
    before: &'a PartitionRegistration,
    election: Election,
    eligible_leader_replicas: bool,
    min_isr: usize,
    unclean_shutdown: &'a [BrokerId],
    bumps_epoch_on_isr_shrink: bool,
    isr: Vec<BrokerId>,
    replicas: Vec<BrokerId>,
    adding: Vec<BrokerId>,
    removing: Vec<BrokerId>,
    elr: Vec<BrokerId>,
    recovering: bool,
}

/// Who was elected, and how.
struct Elected {
    leader: Option<BrokerId>,
    unclean: bool,
}

impl Elected {
    fn cleanly(leader: BrokerId) -> Self {
        Self { leader: Some(leader), unclean: false }
    }
}

impl<'a> PartitionChangeBuilder<'a> {
    /// Wants everything to stay as it is, except that somebody must lead.
    #[must_use]
    pub fn new(before: &'a PartitionRegistration) -> Self {
        Self {
            before,
            election: Election::Online,
            eligible_leader_replicas: false,
            min_isr: 1,
            unclean_shutdown: &[],
            bumps_epoch_on_isr_shrink: false,
            isr: before.isr.clone(),
            replicas: before.replicas.clone(),
            adding: before.adding_replicas.clone(),
            removing: before.removing_replicas.clone(),
            elr: before.elr.clone(),
            recovering: before.recovering,
        }
    }

    /// Wants another ISR.
    #[must_use]
    pub fn target_isr(self, isr: &[BrokerId]) -> Self {
        Self { isr: isr.to_vec(), ..self }
    }

    /// Wants a certain election.
    #[must_use]
    pub fn election(self, election: Election) -> Self {
        Self { election, ..self }
    }

    /// The cluster keeps eligible leader replicas; an ISR of `min_isr` needs none.
    #[must_use]
    pub fn with_eligible_leader_replicas(self, min_isr: usize) -> Self {
        Self { eligible_leader_replicas: true, min_isr, ..self }
    }

    /// These replicas went down without warning and may have lost what was not on their platters.
    #[must_use]
    pub fn unclean_shutdown(self, replicas: &'a [BrokerId]) -> Self {
        Self { unclean_shutdown: replicas, ..self }
    }

    /// The cluster's `metadata.version` is below 3.6.
    #[must_use]
    pub fn bumping_epoch_on_isr_shrink(self) -> Self {
        Self { bumps_epoch_on_isr_shrink: true, ..self }
    }

    /// A leader that was elected uncleanly says that it has recovered.
    #[must_use]
    pub fn recovered(self) -> Self {
        Self { recovering: false, ..self }
    }

    /// Wants the replicas to become `target`, in that order. The old ones stay until the new ones are in sync. A reassignment that is
    /// under way is replaced: what it was adding counts as a replica like the others, and, as in Kafka, what it was adding or
    /// removing is only forgotten for something else to be added or removed. So to go back one cancels rather than reassigns.
    #[must_use]
    pub fn reassign(mut self, target: &[BrokerId]) -> Self {
        let mut removing = without(&self.before.replicas, target);
        let mut adding = without(target, &self.before.replicas);
        removing.sort_unstable();
        adding.sort_unstable();
        self.replicas = [target, &removing].concat();
        if !removing.is_empty() {
            self.removing = removing;
        }
        if !adding.is_empty() {
            self.adding = adding;
        }
        self
    }

    /// Ends a reassignment that is under way: the replicas are again those that there were before it.
    #[must_use]
    pub fn cancel_reassignment(self) -> Self {
        let replicas = without(&self.before.replicas, &self.before.adding_replicas);
        Self { replicas, adding: Vec::new(), removing: Vec::new(), ..self }
    }

    /// The record that does it; `None` if nothing changes.
    #[must_use]
    pub fn build(mut self, is_active: impl Fn(BrokerId) -> bool) -> Option<PartitionChange> {
        self.complete_reassignment();
        self.update_elr();
        let elected = self.elect(&is_active);
        let mut change = PartitionChange::default();
        if elected.leader != self.before.leader {
            self.take_up(&elected, &mut change);
        }
        let keeps_all = self.before.replicas.iter().all(|replica| self.replicas.contains(replica));
        if change.leader.is_none() && !keeps_all {
            change.leader = Some(self.before.leader);
        }
        let elr = if elected.unclean && change.isr.is_some() { Vec::new() } else { std::mem::take(&mut self.elr) };
        change.elr = differing(elr, &self.before.elr);
        if change.isr.is_none() && (!self.isr.is_empty() || self.eligible_leader_replicas) {
            change.isr = differing(std::mem::take(&mut self.isr), &self.before.isr);
        }
        let shrinks = change.isr.as_ref().is_some_and(|isr| self.before.isr.iter().any(|member| !isr.contains(member)));
        if self.bumps_epoch_on_isr_shrink && change.leader.is_none() && shrinks {
            change.leader = Some(self.before.leader);
        }
        self.remember_last_leader(&mut change);
        change.replicas = differing(self.replicas, &self.before.replicas).filter(|replicas| !replicas.is_empty());
        change.removing_replicas = differing(self.removing, &self.before.removing_replicas);
        change.adding_replicas = differing(self.adding, &self.before.adding_replicas);
        if self.recovering != self.before.recovering {
            change.recovering = Some(self.recovering);
        }
        (change != PartitionChange::default()).then_some(change)
    }

    /// Ends a reassignment if the new replicas are all in sync and, where it takes more away than it adds, all that stay are.
    fn complete_reassignment(&mut self) {
        if self.adding.is_empty() && self.removing.is_empty() {
            return;
        }
        let (isr, replicas) = (without(&self.isr, &self.removing), without(&self.replicas, &self.removing));
        let left_empty = !self.removing.is_empty() && (isr.is_empty() || replicas.is_empty());
        let in_sync = |wanted: &[BrokerId]| wanted.iter().all(|replica| isr.contains(replica));
        let reduces = self.adding.len() < self.removing.len();
        if left_empty || !in_sync(&self.adding) || (reduces && !in_sync(&replicas)) {
            return;
        }
        (self.isr, self.replicas) = (isr, replicas);
        self.adding.clear();
        self.removing.clear();
    }

    /// Who leaves an ISR below its minimum stays eligible, unless it may have lost something.
    fn update_elr(&mut self) {
        if !self.eligible_leader_replicas || self.isr.len() >= self.min_isr {
            self.elr.clear();
            return;
        }
        let mut elr = [&self.elr[..], &self.before.isr].concat();
        elr.retain(|replica| !self.isr.contains(replica) && !self.unclean_shutdown.contains(replica));
        elr.sort_unstable();
        elr.dedup();
        self.elr = elr;
    }

    fn elect(&self, is_active: &impl Fn(BrokerId) -> bool) -> Elected {
        let has_all =
            |replica: BrokerId| self.isr.contains(&replica) || (self.isr.is_empty() && self.elr.contains(&replica));
        let may_lead = |replica: &BrokerId| has_all(*replica) && is_active(*replica);
        let preferred = self.replicas.first().copied().filter(|_| self.election == Election::Preferred);
        let in_order = || self.replicas.iter().copied().find(may_lead);
        let clean = preferred.filter(may_lead).or(self.before.leader.filter(may_lead)).or_else(in_order);
        if let Some(leader) = clean {
            return Elected::cleanly(leader);
        }
        let unclean = self.last_known_leader().filter(|leader| is_active(*leader)).or_else(|| {
            let any = self.replicas.iter().copied().find(|replica| is_active(*replica));
            any.filter(|_| self.election == Election::Unclean)
        });
        Elected { leader: unclean, unclean: unclean.is_some() }
    }

    /// Who led last, if nobody else is left to wait for.
    fn last_known_leader(&self) -> Option<BrokerId> {
        let nobody = self.eligible_leader_replicas && self.elr.is_empty() && self.isr.is_empty();
        match self.before.last_known_elr[..] {
            [leader] if nobody => Some(leader),
            _ => None,
        }
    }

    /// Writes down an election. An eligible replica comes back into the ISR; who was elected uncleanly is all of it.
    fn take_up(&mut self, elected: &Elected, change: &mut PartitionChange) {
        change.leader = Some(elected.leader);
        let Some(leader) = elected.leader else { return };
        if let Some(place) = self.elr.iter().position(|replica| *replica == leader) {
            self.elr.remove(place);
            self.isr = vec![leader];
        } else if elected.unclean {
            change.isr = Some(vec![leader]);
            self.recovering = true;
        }
    }

    /// A partition that loses its leader remembers it; one that has a leader needs not.
    fn remember_last_leader(&self, change: &mut PartitionChange) {
        let known = &self.before.last_known_elr;
        if !self.eligible_leader_replicas {
            return;
        }
        change.last_known_elr = match (change.leader, self.before.leader) {
            (Some(None), Some(last)) if known.is_empty() => Some(vec![last]),
            (Some(Some(_)), _) if !known.is_empty() => Some(Vec::new()),
            _ => None,
        };
    }
}

/// What of `all` is not in `these`, in its order.
fn without(all: &[BrokerId], these: &[BrokerId]) -> Vec<BrokerId> {
    all.iter().copied().filter(|replica| !these.contains(replica)).collect()
}

fn differing(wanted: Vec<BrokerId>, before: &[BrokerId]) -> Option<Vec<BrokerId>> {
    (wanted != before).then_some(wanted)
}
