//! `.log`: batch by batch, and record by record if wanted.
//!
//! A batch is shown whatever its bytes say, as long as its length is one that a batch can have: that is how a damaged
//! file shows where it is damaged (`isvalid: false`).

use super::{Dump, DumpDecoder, DumpFile, Thrown, coordinator, note, optional_long};
use crate::base::Offset;
use crate::disk::Disk;
use crate::record::{BYTES_LEFT_OVER, LOG_OVERHEAD, MAGIC_V2, RECORD_BATCH_OVERHEAD, Record, RecordBatch, RecordError};

/// The suffix of a snapshot of the metadata log, which holds batches too.
pub(super) const SNAPSHOT_SUFFIX: &str = ".checkpoint";

/// The least that Kafka takes for a length: that of a record of format v0.
const RECORD_OVERHEAD_V0: i32 = 14;

/// How much of a batch stands up to its magic.
const HEADER_SIZE_UP_TO_MAGIC: u64 = 17;

/// A batch as it lies in a file, right or wrong.
pub(super) struct FileBatch {
    /// Where it begins.
    pub(super) position: u64,
    /// Its size by its length field.
    pub(super) size: u64,
    magic: i8,
    /// Its header alone, with length and magic made those of an empty batch of format v2, so that the other fields can be
    /// read whatever those two say.
    header: [u8; RECORD_BATCH_OVERHEAD],
}

impl FileBatch {
    /// The batch at `position` of a file that counts for `end` bytes; none if what is left there is less than it needs.
    pub(super) fn read(disk: &Disk, path: &str, position: u64, end: u64) -> Result<Option<Self>, Thrown> {
        if position + HEADER_SIZE_UP_TO_MAGIC >= end {
            return Ok(None);
        }
        let mut header = [0; RECORD_BATCH_OVERHEAD];
        let there = disk.read_at(path, position, &mut header)?;
        let length = i32::from_be_bytes([header[8], header[9], header[10], header[11]]);
        if length < RECORD_OVERHEAD_V0 {
            let message = format!(
                "Found record size {length} smaller than minimum record overhead ({RECORD_OVERHEAD_V0}) in file {path}."
            );
            return Err(Thrown::new("org.apache.kafka.common.errors.CorruptRecordException", message));
        }
        let size = LOG_OVERHEAD as u64 + u64::from(length.unsigned_abs());
        if position + size > end {
            return Ok(None);
        }
        let magic = header[16].cast_signed();
        if magic < MAGIC_V2 {
            let message = format!("record format v{magic} at position {position} of {path} is not read here");
            return Err(Thrown::new("org.apache.kafka.common.errors.UnsupportedVersionException", message));
        }
        if there < RECORD_BATCH_OVERHEAD {
            let message = format!("Failed to read record batch at position {position} from {path}");
            return Err(Thrown::new("org.apache.kafka.common.KafkaException", message));
        }
        header[8..12].copy_from_slice(&((RECORD_BATCH_OVERHEAD - LOG_OVERHEAD) as i32).to_be_bytes());
        header[16] = MAGIC_V2.cast_unsigned();
        Ok(Some(Self { position, size, magic, header }))
    }

    /// Its header, to be asked for anything but length and magic.
    pub(super) fn header(&self) -> RecordBatch<'_> {
        RecordBatch::parse(&self.header).expect("length and magic were made right")
    }

    /// All of its bytes, the magic made that of format v2.
    pub(super) fn bytes(&self, disk: &Disk, path: &str) -> Result<Vec<u8>, Thrown> {
        let mut bytes = disk.read(path, self.position, self.size)?;
        bytes[16] = MAGIC_V2.cast_unsigned();
        Ok(bytes)
    }
}

impl Dump<'_> {
    pub(super) fn log(&mut self, file: &DumpFile<'_>) -> Result<(), Thrown> {
        self.say(title(file)?);
        let len = file.disk.len(&file.path)?;
        let limit = u64::try_from(self.options.max_bytes).map_err(|_| {
            let message = format!("Invalid size: {}", self.options.max_bytes);
            Thrown::new("java.lang.IllegalArgumentException", message)
        })?;
        let end = len.min(limit);
        let mut position = 0;
        let mut last_offset = -1;
        while let Some(batch) = FileBatch::read(file.disk, &file.path, position, end)? {
            let bytes = batch.bytes(file.disk, &file.path)?;
            self.say(batch_line(&batch, &bytes)?);
            if self.options.iterates_deep() {
                self.records(file, &batch, &bytes, &mut last_offset)?;
            }
            position += batch.size;
        }
        if position < end && self.options.max_bytes == i32::MAX {
            self.say(format!("Found {} invalid bytes at the end of {}", end - position, file.name()));
        }
        Ok(())
    }

    fn records(
        &mut self,
        file: &DumpFile<'_>,
        batch: &FileBatch,
        bytes: &[u8],
        last_offset: &mut Offset,
    ) -> Result<(), Thrown> {
        if batch.header().records_count() == 0 {
            return Ok(());
        }
        let whole = RecordBatch::parse(bytes).map_err(|error| invalid(&error, batch))?;
        let mut records = Vec::new();
        let mut damage = None;
        for record in whole.records() {
            match record {
                Ok(record) => records.push(record),
                Err(error) => damage = Some(error),
            }
        }
        // Java unpacks a compressed batch as a whole; of a plain one it finds out that bytes are left over before it
        // hands out the last record.
        let is_plain = whole.compression_type().is_ok_and(|codec| codec.name() == "none");
        match &damage {
            Some(_) if !is_plain => records.clear(),
            Some(RecordError::InvalidRecord { reason, .. }) if *reason == BYTES_LEFT_OVER => drop(records.pop()),
            _ => {}
        }
        for record in records {
            if record.offset != *last_offset + 1 {
                note(&mut self.complaints.non_consecutive, file, (*last_offset, record.offset));
            }
            *last_offset = record.offset;
            let line = self.record_line(&whole, &record)?;
            self.say(line);
        }
        damage.map_or(Ok(()), |error| Err(invalid(&error, batch)))
    }

    fn record_line(&self, batch: &RecordBatch<'_>, record: &Record<'_>) -> Result<String, Thrown> {
        let mut line = String::new();
        if !self.options.skip_record_metadata {
            let size = |bytes: Option<&[u8]>| bytes.map_or(-1, |bytes| bytes.len() as i64);
            let keys: Vec<&str> = record.headers.iter().map(|header| &*header.key).collect();
            line = format!(
                "| offset: {} {}: {} keySize: {} valueSize: {} sequence: {} headerKeys: [{}]",
                record.offset,
                batch.timestamp_type(),
                record.timestamp,
                size(record.key.as_deref()),
                size(record.value.as_deref()),
                record.sequence,
                keys.join(","),
            );
            if batch.is_control_batch() {
                line.push_str(&control_record(record)?);
            }
        }
        if self.options.prints_data() && !batch.is_control_batch() {
            let prefix = if self.options.skip_record_metadata { "| " } else { " " };
            line.push_str(&self.contents(record, prefix)?);
        }
        Ok(line)
    }

    fn contents(&self, record: &Record<'_>, prefix: &str) -> Result<String, Thrown> {
        let (key, value) = match self.options.decoder {
            DumpDecoder::Strings => (record.key.as_deref().map(text), record.value.as_deref().map(text)),
            DumpDecoder::Offsets => coordinator::decode(record)?,
        };
        let mut line = String::new();
        let mut prefix = prefix;
        if let Some(key) = key {
            line.push_str(&format!("{prefix}key: {key}"));
            prefix = " ";
        }
        if let Some(value) = value {
            line.push_str(&format!("{prefix}payload: {value}"));
        }
        Ok(line)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn title(file: &DumpFile<'_>) -> Result<String, Thrown> {
    if !file.name().ends_with(SNAPSHOT_SUFFIX) {
        return Ok(format!("Log starting offset: {}", file.base_offset()?));
    }
    if file.name() == "bootstrap.checkpoint" {
        return Ok("KRaft bootstrap snapshot".into());
    }
    let numbers = file.stem().split_once('-').filter(|(offset, epoch)| offset.len() == 20 && epoch.len() == 10);
    let numbers = numbers.and_then(|(offset, epoch)| Some((offset.parse::<i64>().ok()?, epoch.parse::<i32>().ok()?)));
    let (offset, epoch) = numbers.ok_or_else(|| Thrown::new("java.util.NoSuchElementException", "No value present"))?;
    Ok(format!("Snapshot end offset: {offset}, epoch: {epoch}"))
}

fn batch_line(batch: &FileBatch, bytes: &[u8]) -> Result<String, Thrown> {
    let header = batch.header();
    let codec = header.compression_type().map_err(|error| match error {
        RecordError::UnknownCompression(id) => {
            Thrown::new("java.lang.IllegalArgumentException", format!("Unknown compression type id: {id}"))
        }
        other => invalid(&other, batch),
    })?;
    let is_valid = RecordBatch::parse(bytes).is_ok_and(|batch| batch.is_valid());
    Ok(format!(
        "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {} producerId: {} producerEpoch: {} \
         partitionLeaderEpoch: {} isTransactional: {} isControl: {} deleteHorizonMs: {} position: {} {}: {} size: {} \
         magic: {} compresscodec: {codec} crc: {} isvalid: {is_valid}",
        header.base_offset(),
        header.last_offset(),
        header.records_count(),
        header.base_sequence(),
        header.last_sequence(),
        header.producer_id(),
        header.producer_epoch(),
        header.partition_leader_epoch(),
        header.is_transactional(),
        header.is_control_batch(),
        optional_long(header.delete_horizon_ms()),
        batch.position,
        header.timestamp_type(),
        header.max_timestamp(),
        batch.size,
        batch.magic,
        header.checksum(),
    ))
}

/// What Java throws for records that cannot be read.
fn invalid(error: &RecordError, batch: &FileBatch) -> Thrown {
    let class = "org.apache.kafka.common.InvalidRecordException";
    match error {
        RecordError::InvalidRecord { reason, .. } if *reason == BYTES_LEFT_OVER => {
            let count = batch.header().records_count();
            Thrown::new(
                class,
                if count < 0 {
                    format!("Found invalid record count {count} in magic v{} batch", batch.magic)
                } else {
                    "Incorrect declared batch size, records still remaining in file".into()
                },
            )
        }
        other => Thrown::new(class, format!("{other} (batch at position {})", batch.position)),
    }
}

/// What a control record says: only transaction markers are ever written into a topic.
fn control_record(record: &Record<'_>) -> Result<String, Thrown> {
    let class = "org.apache.kafka.common.InvalidRecordException";
    let key = record.key.as_deref().unwrap_or_default();
    let &[a, b, c, d, ..] = key else {
        let message = format!(
            "Invalid value size found for control record key. Must have at least 4 bytes, but found only {}",
            key.len()
        );
        return Err(Thrown::new(class, message));
    };
    let (version, kind) = (i16::from_be_bytes([a, b]), i16::from_be_bytes([c, d]));
    if version < 0 {
        let message = format!("Invalid version found for control record: {version}. May indicate data corruption");
        return Err(Thrown::new(class, message));
    }
    let name = match kind {
        0 => "ABORT",
        1 => "COMMIT",
        2..=6 => return Ok(String::new()),
        _ => return Ok(format!(" controlType: UNKNOWN({kind})")),
    };
    let value = record.value.as_deref().unwrap_or_default();
    let &[_, _, a, b, c, d, ..] = value else {
        return Err(Thrown::new("java.nio.BufferUnderflowException", ""));
    };
    Ok(format!(" endTxnMarker: {name} coordinatorEpoch: {}", i32::from_be_bytes([a, b, c, d])))
}
