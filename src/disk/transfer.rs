//! The ways from a file to a socket: what is copied, by whom, and how often the processor changes between user and kernel mode.
//!
//! A broker that answers a fetch changes nothing in the batches, so they need not pass through it at all. With `read` and `write` the bytes
//! go disk → page cache → the process's buffer → socket buffer → network card: four copies, two of them by the processor, and four
//! changes of mode. With `sendfile` (Java's `FileChannel.transferTo`) they never leave the kernel: two changes of mode, and three copies; two
//! if the card can gather what it sends from the page cache by itself, which every usual one can. That is *zero copy*: none by
//! the processor.
//!
//! TLS undoes it. What is sent is not what lies in the file, and it is the process that encrypts: so the bytes come up in pieces of 32 KiB, are
//! copied and encrypted into TLS records of up to 16 KiB, and go down again.
//!
//! The copy from the platter into the page cache takes place only for pages that are not there yet; a consumer who is near the end
//! of the log reads what was just written, and the disk has nothing to do with it.
//!
//! Left out: encryption by the kernel or the card (kTLS), which Kafka does not use.

/// What a TLS connection reads from a file at once.
const TLS_READ: u64 = 32 << 10;
/// What it sends at once: the largest TLS record.
const TLS_RECORD: u64 = 16 << 10;

/// Where bytes lie on their way.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// The disk.
    Platter,
    /// The page cache, in the kernel.
    PageCache,
    /// A buffer of the process.
    UserBuffer,
    /// Another buffer of the process, with the bytes encrypted.
    TlsBuffer,
    /// The socket's buffer, in the kernel.
    SocketBuffer,
    /// The network card.
    NetworkCard,
}

/// Who copies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CopiedBy {
    /// The device by itself (direct memory access): the processor is free meanwhile.
    Dma,
    /// The processor.
    Cpu,
}

/// One copy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Hop {
    /// From where.
    pub from: Place,
    /// To where.
    pub to: Place,
    /// By whom.
    pub by: CopiedBy,
}

/// A way from a file to a socket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Transfer {
    /// `read` into a buffer, `write` from it: what a program without `sendfile` does.
    ReadWrite,
    /// `sendfile` with a network card that wants its bytes in one piece.
    SendFile,
    /// `sendfile` with a network card that gathers them.
    SendFileGather,
    /// Through the process, which encrypts.
    Tls,
}

const fn hop(from: Place, to: Place, by: CopiedBy) -> Hop {
    Hop { from, to, by }
}

const LOAD: Hop = hop(Place::Platter, Place::PageCache, CopiedBy::Dma);
const UP: Hop = hop(Place::PageCache, Place::UserBuffer, CopiedBy::Cpu);
const ENCRYPT: Hop = hop(Place::UserBuffer, Place::TlsBuffer, CopiedBy::Cpu);
const SEND: Hop = hop(Place::SocketBuffer, Place::NetworkCard, CopiedBy::Dma);

impl Transfer {
    /// All ways.
    pub const ALL: [Self; 4] = [Self::ReadWrite, Self::SendFile, Self::SendFileGather, Self::Tls];

    /// The copies on this way, in order. The first takes place only for what is not in the page cache yet.
    #[must_use]
    pub fn hops(self) -> &'static [Hop] {
        match self {
            Self::ReadWrite => const { &[LOAD, UP, hop(Place::UserBuffer, Place::SocketBuffer, CopiedBy::Cpu), SEND] },
            Self::SendFile => const { &[LOAD, hop(Place::PageCache, Place::SocketBuffer, CopiedBy::Cpu), SEND] },
            Self::SendFileGather => const { &[LOAD, hop(Place::PageCache, Place::NetworkCard, CopiedBy::Dma)] },
            Self::Tls => {
                const { &[LOAD, UP, ENCRYPT, hop(Place::TlsBuffer, Place::SocketBuffer, CopiedBy::Cpu), SEND] }
            }
        }
    }

    /// How many of the copies the processor makes.
    #[must_use]
    pub fn cpu_copies(self) -> u64 {
        self.hops().iter().filter(|hop| hop.by == CopiedBy::Cpu).count() as u64
    }

    /// How often the processor changes its mode to send `bytes`: into the kernel and back for each call.
    #[must_use]
    pub fn mode_switches(self, bytes: u64) -> u64 {
        match self {
            Self::ReadWrite => 4,
            Self::SendFile | Self::SendFileGather => 2,
            Self::Tls => 2 * (bytes.div_ceil(TLS_READ) + bytes.div_ceil(TLS_RECORD)),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadWrite => "read+write",
            Self::SendFile => "sendfile",
            Self::SendFileGather => "sendfile+gather",
            Self::Tls => "tls",
        }
    }
}

impl Place {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Platter => "disk",
            Self::PageCache => "page cache",
            Self::UserBuffer => "user buffer",
            Self::TlsBuffer => "encrypted buffer",
            Self::SocketBuffer => "socket buffer",
            Self::NetworkCard => "network card",
        }
    }
}

/// What was sent from files to sockets, and what it took.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct TransferStat {
    /// How many pieces of a file were sent.
    pub sends: u64,
    /// Bytes sent.
    pub bytes: u64,
    /// Bytes that devices copied by themselves.
    pub dma_bytes: u64,
    /// Bytes that the processor copied.
    pub cpu_bytes: u64,
    /// How often the processor changed between user and kernel mode.
    pub mode_switches: u64,
}

impl TransferStat {
    /// `bytes` were sent on a way, of which so many had to come from the platter first.
    pub fn count(&mut self, way: Transfer, bytes: u64, from_platter: u64) {
        self.sends += 1;
        self.bytes += bytes;
        self.mode_switches += way.mode_switches(bytes);
        for hop in way.hops() {
            let copied = if hop.from == Place::Platter { from_platter } else { bytes };
            match hop.by {
                CopiedBy::Dma => self.dma_bytes += copied,
                CopiedBy::Cpu => self.cpu_bytes += copied,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_have_the_copies_and_switches_that_textbooks_count() {
        let counted = Transfer::ALL.map(|way| (way.hops().len(), way.cpu_copies(), way.mode_switches(16_384)));
        assert_eq!(counted, [(4, 2, 4), (3, 1, 2), (2, 0, 2), (5, 3, 4)]);
        for way in Transfer::ALL {
            let hops = way.hops();
            assert!(hops.windows(2).all(|pair| pair[0].to == pair[1].from), "{way:?} has no gap");
            assert_eq!((hops[0].from, hops[hops.len() - 1].to), (Place::Platter, Place::NetworkCard));
        }
        assert_eq!(Transfer::Tls.mode_switches(100_000), 2 * (4 + 7));
    }

    #[test]
    fn what_is_in_memory_does_not_come_from_the_platter() {
        let mut stat = TransferStat::default();
        stat.count(Transfer::SendFileGather, 10_000, 0);
        stat.count(Transfer::Tls, 10_000, 4096);
        let expected = TransferStat { sends: 2, bytes: 20_000, dma_bytes: 24_096, cpu_bytes: 30_000, mode_switches: 6 };
        assert_eq!(stat, expected);
    }
}
