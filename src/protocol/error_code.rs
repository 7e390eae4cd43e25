//! Kafka's error codes: the subset that the model raises.
//!
//! Names, numbers and which of them a client may simply try again come from Kafka's `Errors` enum.

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $name:literal, $retriable:literal;)*) => {
        /// What a broker or controller answers, or what a client makes of silence.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant = $code,)*
        }

        impl ErrorCode {
            /// Every code that the model knows, in the order of their numbers.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$variant),*];

            /// Kafka's name: `NOT_ENOUGH_REPLICAS`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(ErrorCode::$variant => $name,)*
                }
            }

            /// Whether a client may send the same request again and hope.
            #[must_use]
            pub fn is_retriable(self) -> bool {
                match self {
                    $(ErrorCode::$variant => $retriable,)*
                }
            }
        }
    };
}

error_codes! {
    /// Something went wrong that has no code of its own.
    UnknownServerError = -1, "UNKNOWN_SERVER_ERROR", false;
    /// All is well.
    #[default]
    None = 0, "NONE", false;
    /// The offset lies before the log start or behind the log end.
    OffsetOutOfRange = 1, "OFFSET_OUT_OF_RANGE", false;
    /// A batch failed its CRC or its size.
    CorruptMessage = 2, "CORRUPT_MESSAGE", true;
    /// This broker does not host that partition.
    UnknownTopicOrPartition = 3, "UNKNOWN_TOPIC_OR_PARTITION", true;
    /// The partition has no leader now.
    LeaderNotAvailable = 5, "LEADER_NOT_AVAILABLE", true;
    /// This broker is not the one to ask.
    NotLeaderOrFollower = 6, "NOT_LEADER_OR_FOLLOWER", true;
    /// The replicas did not follow in time; the data is in the leader's log all the same.
    RequestTimedOut = 7, "REQUEST_TIMED_OUT", true;
    /// The broker is not there.
    BrokerNotAvailable = 8, "BROKER_NOT_AVAILABLE", false;
    /// The replica is not there.
    ReplicaNotAvailable = 9, "REPLICA_NOT_AVAILABLE", true;
    /// A batch is larger than `max.message.bytes`.
    MessageTooLarge = 10, "MESSAGE_TOO_LARGE", false;
    /// The connection broke before an answer came; raised by the client itself.
    NetworkException = 13, "NETWORK_EXCEPTION", true;
    /// The coordinator is still reading its partition.
    CoordinatorLoadInProgress = 14, "COORDINATOR_LOAD_IN_PROGRESS", true;
    /// The group has no coordinator now.
    CoordinatorNotAvailable = 15, "COORDINATOR_NOT_AVAILABLE", true;
    /// Another broker coordinates this group.
    NotCoordinator = 16, "NOT_COORDINATOR", true;
    /// The topic's name is not allowed.
    InvalidTopicException = 17, "INVALID_TOPIC_EXCEPTION", false;
    /// A batch is larger than a segment.
    RecordListTooLarge = 18, "RECORD_LIST_TOO_LARGE", false;
    /// The ISR is smaller than `min.insync.replicas`; nothing was written.
    NotEnoughReplicas = 19, "NOT_ENOUGH_REPLICAS", true;
    /// The ISR shrank after the append; the data is in the log.
    NotEnoughReplicasAfterAppend = 20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", true;
    /// The member speaks of another generation.
    IllegalGeneration = 22, "ILLEGAL_GENERATION", false;
    /// The member shares no assignor with the group.
    InconsistentGroupProtocol = 23, "INCONSISTENT_GROUP_PROTOCOL", false;
    /// The group's name is not allowed.
    InvalidGroupId = 24, "INVALID_GROUP_ID", false;
    /// The coordinator knows no such member.
    UnknownMemberId = 25, "UNKNOWN_MEMBER_ID", false;
    /// The session time-out is out of the broker's bounds.
    InvalidSessionTimeout = 26, "INVALID_SESSION_TIMEOUT", false;
    /// The group is rebalancing; join again.
    RebalanceInProgress = 27, "REBALANCE_IN_PROGRESS", false;
    /// The commit's metadata is too large.
    InvalidCommitOffsetSize = 28, "INVALID_COMMIT_OFFSET_SIZE", false;
    /// A record's timestamp is too far in the future.
    InvalidTimestamp = 32, "INVALID_TIMESTAMP", false;
    /// There is such a topic already.
    TopicAlreadyExists = 36, "TOPIC_ALREADY_EXISTS", false;
    /// The number of partitions is not allowed.
    InvalidPartitions = 37, "INVALID_PARTITIONS", false;
    /// There are not enough brokers for so many replicas.
    InvalidReplicationFactor = 38, "INVALID_REPLICATION_FACTOR", false;
    /// The replica assignment is not allowed.
    InvalidReplicaAssignment = 39, "INVALID_REPLICA_ASSIGNMENT", false;
    /// A setting is unknown or has a value that is not allowed.
    InvalidConfig = 40, "INVALID_CONFIG", false;
    /// This controller is not the active one.
    NotController = 41, "NOT_CONTROLLER", true;
    /// The request contradicts itself.
    InvalidRequest = 42, "INVALID_REQUEST", false;
    /// A rule of the cluster forbids it.
    PolicyViolation = 44, "POLICY_VIOLATION", false;
    /// A producer's sequence is not the next one; a batch before it is missing.
    OutOfOrderSequenceNumber = 45, "OUT_OF_ORDER_SEQUENCE_NUMBER", false;
    /// A producer's epoch is over: another process has taken its place.
    InvalidProducerEpoch = 47, "INVALID_PRODUCER_EPOCH", false;
    /// The request does not go with the state of the transaction.
    InvalidTxnState = 48, "INVALID_TXN_STATE", false;
    /// Another broker coordinates the transaction by now.
    TransactionCoordinatorFenced = 52, "TRANSACTION_COORDINATOR_FENCED", false;
    /// The broker's disk failed.
    KafkaStorageError = 56, "KAFKA_STORAGE_ERROR", true;
    /// There is no such group.
    GroupIdNotFound = 69, "GROUP_ID_NOT_FOUND", false;
    /// The broker knows no such fetch session, or no longer.
    FetchSessionIdNotFound = 70, "FETCH_SESSION_ID_NOT_FOUND", true;
    /// The fetch is not the one of its session that was due.
    InvalidFetchSessionEpoch = 71, "INVALID_FETCH_SESSION_EPOCH", true;
    /// The request comes from an earlier leader's term.
    FencedLeaderEpoch = 74, "FENCED_LEADER_EPOCH", true;
    /// The request comes from a term that this broker has not heard of yet.
    UnknownLeaderEpoch = 75, "UNKNOWN_LEADER_EPOCH", true;
    /// The batch is compressed in a way that is not known here.
    UnsupportedCompressionType = 76, "UNSUPPORTED_COMPRESSION_TYPE", false;
    /// The broker has registered again since.
    StaleBrokerEpoch = 77, "STALE_BROKER_EPOCH", false;
    /// A new leader's high watermark has not reached its term yet.
    OffsetNotAvailable = 78, "OFFSET_NOT_AVAILABLE", true;
    /// Join again with the id that came with this answer.
    MemberIdRequired = 79, "MEMBER_ID_REQUIRED", false;
    /// The preferred replica cannot lead now.
    PreferredLeaderNotAvailable = 80, "PREFERRED_LEADER_NOT_AVAILABLE", true;
    /// Another process took over this `group.instance.id`.
    FencedInstanceId = 82, "FENCED_INSTANCE_ID", false;
    /// No replica can lead now.
    EligibleLeadersNotAvailable = 83, "ELIGIBLE_LEADERS_NOT_AVAILABLE", true;
    /// Who is wanted leads already.
    ElectionNotNeeded = 84, "ELECTION_NOT_NEEDED", true;
    /// The partition's replicas are not being moved.
    NoReassignmentInProgress = 85, "NO_REASSIGNMENT_IN_PROGRESS", false;
    /// A record is not allowed in this log.
    InvalidRecord = 87, "INVALID_RECORD", false;
    /// The partition has changed since.
    InvalidUpdateVersion = 95, "INVALID_UPDATE_VERSION", false;
    /// A live broker has this id already.
    DuplicateBrokerRegistration = 101, "DUPLICATE_BROKER_REGISTRATION", false;
    /// The controller knows no such broker.
    BrokerIdNotRegistered = 102, "BROKER_ID_NOT_REGISTERED", false;
    /// A replica may not join the ISR: it is fenced or leaving.
    IneligibleReplica = 107, "INELIGIBLE_REPLICA", false;
    /// The change made the asking broker lose the lead.
    NewLeaderElected = 108, "NEW_LEADER_ELECTED", false;
}

impl ErrorCode {
    /// Whether this is no error.
    #[must_use]
    pub fn is_ok(self) -> bool {
        self == ErrorCode::None
    }

    /// The number on the wire.
    #[must_use]
    pub fn code(self) -> i16 {
        self as i16
    }
}
