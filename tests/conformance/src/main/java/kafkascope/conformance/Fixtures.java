package kafkascope.conformance;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.storage.internals.log.LogStartOffsetIncrementReason;
import org.apache.kafka.storage.internals.log.UnifiedLog;

import java.io.File;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static kafkascope.conformance.Fixture.append;
import static kafkascope.conformance.Fixture.appendMarker;
import static kafkascope.conformance.Producer.header;
import static kafkascope.conformance.Producer.record;

/** What is written: each fixture is a few logs of one kind. */
final class Fixtures {
    interface Writer {
        void write(Fixture fixture) throws Exception;
    }

    static final Map<String, Writer> ALL = new LinkedHashMap<>();

    static {
        ALL.put("codecs", Fixtures::codecs);
        ALL.put("segments", Fixtures::segments);
        ALL.put("epochs", Fixtures::epochs);
        ALL.put("transactions", Fixtures::transactions);
        ALL.put("compaction", Fixtures::compaction);
        ALL.put("retention", Fixtures::retention);
        ALL.put("crash", Fixtures::crash);
    }

    private Fixtures() {
    }

    /** Every codec, with all that a record may hold or lack; and what the broker compresses anew. */
    private static void codecs(Fixture fixture) throws Exception {
        for (String codec : new String[] {"none", "gzip", "snappy", "lz4", "zstd"}) {
            Compression compression = Compression.of(codec).build();
            UnifiedLog log = fixture.log("codec-" + codec);
            variedRecords(fixture, log, Producer.plain().with(compression));
            if (!codec.equals("none")) {
                // More than one block of Kafka's snappy framing (32 KiB) and of LZ4 (64 KiB).
                append(fixture.log("blocks-" + codec), 0,
                    Producer.plain().with(compression).batch(record(fixture.time.milliseconds(), "long", prose(70_000))));
            }
        }
        UnifiedLog compressed = fixture.log("broker-compresses", "compression.type", "zstd");
        variedRecords(fixture, compressed, Producer.plain());
        UnifiedLog plain = fixture.log("broker-decompresses", "compression.type", "uncompressed");
        variedRecords(fixture, plain, Producer.plain().with(Compression.gzip().build()));
        fixture.dir.shutDown();
    }

    private static void variedRecords(Fixture fixture, UnifiedLog log, Producer producer) throws Exception {
        long now = fixture.time.milliseconds();
        append(log, 0, producer.batch(record(now, "user-1", "주문 생성"), record(now + 5, null, "no key"),
            record(now + 2, "no value", null), record(now, null, null), record(now, "", "")));
        append(log, 0, producer.batch(record(now + 7, "k", "v", header("trace-id", "7f3a"), header("trace-id", "again"),
            header("null", null), header("", "empty key"), header("empty", ""))));
        SimpleRecord[] many = new SimpleRecord[20];
        for (int i = 0; i < many.length; i++) {
            many[i] = record(now + 10 + i, "user-" + i % 4, "a value that says the same thing again and again " + i);
        }
        append(log, 1, producer.batch(many));
        fixture.time.advance(1000);
    }

    /** Text of {@code length} characters that compresses well, but not to nothing. */
    private static String prose(int length) {
        StringBuilder text = new StringBuilder(length + 32);
        for (long i = 1; text.length() < length; i = i * 48_271 % 2_147_483_647) {
            text.append("order ").append(i % 97).append(" of customer ").append(i % 13).append('\n');
        }
        return text.substring(0, length);
    }

    /** Rolls by size, by time and because an index is full; timestamps of both types, out of order, and none; DeleteRecords. */
    private static void segments(Fixture fixture) throws Exception {
        UnifiedLog bySize = fixture.log("by-size", "segment.bytes", "1500", "index.interval.bytes", "300");
        for (int i = 0; i < 18; i++) {
            // The clock of this producer jumps back now and then.
            long timestamp = fixture.time.milliseconds() - (i % 7 == 3 ? 5000 : 0);
            append(bySize, 0, Producer.plain().batch(record(timestamp, "k" + i % 5, "x".repeat(20 + i * 13 % 60)),
                record(timestamp + 1, null, "y".repeat(i % 9))));
            fixture.time.advance(500);
        }
        UnifiedLog byTime = fixture.log("by-time", "segment.ms", "10000", "index.interval.bytes", "0");
        for (int i = 0; i < 12; i++) {
            append(byTime, 0, Producer.plain().batch(record(fixture.time.milliseconds(), "t", "at " + i)));
            fixture.time.advance(3000);
        }
        UnifiedLog byIndex = fixture.log("by-index", "segment.index.bytes", "64", "index.interval.bytes", "0");
        for (int i = 0; i < 20; i++) {
            append(byIndex, 0, Producer.plain().batch(record(fixture.time.milliseconds() + i, "i", "entry " + i)));
        }
        UnifiedLog appendTime = fixture.log("append-time", "message.timestamp.type", "LogAppendTime", "segment.bytes", "600",
            "index.interval.bytes", "100");
        UnifiedLog appendTimeGzip = fixture.log("append-time-gzip", "message.timestamp.type", "LogAppendTime");
        for (int i = 0; i < 12; i++) {
            SimpleRecord[] records = {record(1L, "a", "of the past " + i), record(fixture.time.milliseconds() + 999, "b", "of the future")};
            append(appendTime, 0, Producer.plain().batch(records));
            append(appendTimeGzip, 0, Producer.plain().with(Compression.gzip().build()).batch(records));
            fixture.time.advance(250);
        }
        UnifiedLog noTimestamp = fixture.log("no-timestamp", "segment.ms", "5000", "index.interval.bytes", "0");
        for (int i = 0; i < 6; i++) {
            append(noTimestamp, 0, Producer.plain().batch(record(-1L, "n", "never " + i)));
            fixture.time.advance(2000);
        }
        UnifiedLog deleted = fixture.log("records-deleted", "segment.bytes", "400", "index.interval.bytes", "100");
        for (int i = 0; i < 12; i++) {
            append(deleted, i / 5, Producer.plain().batch(record(fixture.time.milliseconds(), "d", "one " + i),
                record(fixture.time.milliseconds(), "d", "two " + i), record(fixture.time.milliseconds(), "d", "three " + i)));
        }
        // In the middle of a batch, in the second segment: the first one goes, the batch stays.
        deleted.maybeIncrementLogStartOffset(13, LogStartOffsetIncrementReason.ClientRecordDeletion);
        deleted.deleteOldSegments();
        fixture.time.advance(60_000);
        fixture.log("empty");
        fixture.dir.shutDown();
    }

    /** Terms: a leader of several, and a follower that cuts off what the next leader never had. */
    private static void epochs(Fixture fixture) throws Exception {
        UnifiedLog leader = fixture.log("leader", "segment.bytes", "500", "index.interval.bytes", "200");
        int[] terms = {0, 0, 0, 2, 2, 3, 7, 7, 7, 7, 11, 11};
        for (int i = 0; i < terms.length; i++) {
            append(leader, terms[i], Producer.plain().batch(record(fixture.time.milliseconds(), "e", "in term " + terms[i]),
                record(fixture.time.milliseconds(), "e", "second")));
            fixture.time.advance(100);
        }
        // Elected, but nobody wrote since.
        leader.assignEpochStartOffset(12, leader.logEndOffset());
        UnifiedLog follower = fixture.log("follower", "segment.bytes", "500", "index.interval.bytes", "200");
        for (int i = 0; i < 8; i++) {
            append(follower, i / 3, Producer.plain().batch(record(fixture.time.milliseconds(), "f", "mine " + i)));
            fixture.time.advance(100);
        }
        follower.updateHighWatermark(4);
        follower.truncateTo(5);
        MemoryRecords fetched = Producer.plain().batch(record(fixture.time.milliseconds(), "f", "of the new leader"));
        fetched.batches().forEach(batch -> {
            batch.setLastOffset(5);
            batch.setPartitionLeaderEpoch(4);
        });
        follower.appendAsFollower(fetched, 4);
        follower.updateHighWatermark(6);
        UnifiedLog restarted = fixture.log("begun-anew");
        append(restarted, 0, Producer.plain().batch(record(fixture.time.milliseconds(), "g", "gone")));
        restarted.truncateFullyAndStartAt(1_000_000_000_000L, java.util.Optional.empty());
        append(restarted, 5, Producer.plain().batch(record(fixture.time.milliseconds(), "g", "far out")));
        fixture.time.advance(60_000);
        fixture.dir.shutDown();
    }

    /** Idempotent and transactional producers: sequences, interleaved transactions, both endings, one that is open. */
    private static void transactions(Fixture fixture) throws Exception {
        UnifiedLog idempotent = fixture.log("idempotent", "segment.bytes", "700", "index.interval.bytes", "200");
        Producer first = Producer.idempotent(1000, 0);
        Producer far = Producer.idempotent(1001, 3, Integer.MAX_VALUE - 2);
        for (int i = 0; i < 8; i++) {
            long now = fixture.time.milliseconds();
            append(idempotent, 0, first.batch(record(now, "p", "batch " + i), record(now, "p", "more")));
            if (i % 3 == 0) {
                append(idempotent, 0, far.batch(record(now, "q", "wraps"), record(now, "q", "around")));
            }
            fixture.time.advance(10);
        }
        append(idempotent, 1, Producer.idempotent(1000, 1).batch(record(fixture.time.milliseconds(), "p", "next epoch")));

        UnifiedLog log = fixture.log("transactions", "segment.bytes", "900", "index.interval.bytes", "200");
        // One under transaction.version 1, where a marker has the producer's epoch, one under 2, where it has the next.
        Producer a = Producer.transactional(2000, 0);
        Producer b = Producer.transactional(2001, 0).with(Compression.lz4().build());
        for (int round = 0; round < 4; round++) {
            int term = round / 2;
            long now = fixture.time.milliseconds();
            append(log, term, a.batch(record(now, "a", "a1 of " + round), record(now, "a", "a2")));
            append(log, term, b.batch(record(now + 1, "b", "b1 of " + round)));
            append(log, term, Producer.plain().batch(record(now + 2, "c", "between transactions")));
            append(log, term, a.batch(record(now + 3, "a", "a3")));
            fixture.time.advance(20);
            endTransaction(fixture, log, term, b, 2, ControlRecordType.ABORT);
            append(log, term, Producer.plain().batch(record(now + 4, "c", "still open before")));
            endTransaction(fixture, log, term, a, 1, round % 2 == 0 ? ControlRecordType.COMMIT : ControlRecordType.ABORT);
            fixture.time.advance(20);
        }
        UnifiedLog open = fixture.log("open");
        Producer committed = Producer.transactional(3000, 0);
        Producer hanging = Producer.transactional(3001, 0);
        append(open, 0, committed.batch(record(fixture.time.milliseconds(), "d", "done")));
        append(open, 0, hanging.batch(record(fixture.time.milliseconds(), "h", "undecided")));
        endTransaction(fixture, open, 0, committed, 2, ControlRecordType.COMMIT);
        append(open, 0, Producer.plain().batch(record(fixture.time.milliseconds(), "p", "behind the last stable offset")));
        fixture.dir.shutDown();
    }

    private static void endTransaction(Fixture fixture, UnifiedLog log, int term, Producer producer, int transactionVersion,
                                       ControlRecordType type) throws Exception {
        MemoryRecords marker = producer.marker(type, fixture.time.milliseconds(), 4, transactionVersion);
        appendMarker(log, term, marker, transactionVersion);
    }

    /** Cleaned logs: merged segments, tombstones with and past their horizon, kept empty batches and markers, every codec. */
    private static void compaction(Fixture fixture) throws Exception {
        String[] settings = {"cleanup.policy", "compact", "segment.bytes", "900", "index.interval.bytes", "200",
            "delete.retention.ms", "60000", "min.cleanable.dirty.ratio", "0.1", "file.delete.delay.ms", "1000"};
        UnifiedLog compacted = fixture.log("compacted", settings);
        writeKeys(fixture, compacted, Producer.plain(), 0, 20);
        mustClean(fixture, compacted);
        // The tombstones of the first round have their horizon behind them in the second; those of the second do not.
        fixture.time.advance(61_000);
        writeKeys(fixture, compacted, Producer.plain(), 20, 32);
        mustClean(fixture, compacted);
        writeKeys(fixture, compacted, Producer.plain(), 32, 35);

        for (String codec : new String[] {"gzip", "snappy", "lz4", "zstd"}) {
            UnifiedLog log = fixture.log("compacted-" + codec, settings);
            writeKeys(fixture, log, Producer.plain().with(Compression.of(codec).build()), 0, 14);
            mustClean(fixture, log);
        }

        UnifiedLog empty = fixture.log("empty-batches", settings);
        Producer idle = Producer.idempotent(5000, 0);
        // Its last sequence must be remembered though its record is overwritten.
        append(empty, 0, idle.batch(record(fixture.time.milliseconds(), "k0", "overwritten")));
        writeKeys(fixture, empty, Producer.plain(), 0, 14);
        mustClean(fixture, empty);

        UnifiedLog log = fixture.log("transactional", settings);
        Producer[] producers = {Producer.transactional(6000, 0), Producer.transactional(6001, 0)};
        for (int round = 0; round < 8; round++) {
            Producer producer = producers[round % 2];
            long now = fixture.time.milliseconds();
            append(log, 0, producer.batch(record(now, "k" + round % 3, "round " + round), record(now, "k" + (round + 1) % 3, null)));
            append(log, 0, producer.batch(record(now, "x" + round % 2, "x of round " + round)));
            endTransaction(fixture, log, 0, producer, 2, round % 3 == 1 ? ControlRecordType.ABORT : ControlRecordType.COMMIT);
            fixture.time.advance(1000);
        }
        log.roll();
        mustClean(fixture, log);
        fixture.time.advance(61_000);
        writeKeys(fixture, log, Producer.plain(), 0, 12);
        mustClean(fixture, log);
        writeKeys(fixture, log, Producer.plain(), 12, 24);
        Producer hanging = Producer.transactional(6009, 0);
        append(log, 0, hanging.batch(record(fixture.time.milliseconds(), "k0", "undecided: nothing from here on is cleaned")));
        writeKeys(fixture, log, Producer.plain(), 24, 30);
        mustClean(fixture, log);
        fixture.time.advance(60_000);
        fixture.dir.shutDown();
    }

    private static void writeKeys(Fixture fixture, UnifiedLog log, Producer producer, int from, int to) throws Exception {
        for (int i = from; i < to; i++) {
            long now = fixture.time.milliseconds();
            append(log, Math.max(i / 20, log.latestEpoch().orElse(0)), producer.batch(record(now, "k" + i * 7 % 10, "value " + i, header("n", "" + i)),
                record(now, "k" + i * 3 % 10, i % 4 == 0 ? null : "other " + i)));
            fixture.time.advance(1000);
        }
    }

    private static void mustClean(Fixture fixture, UnifiedLog log) throws Exception {
        if (!fixture.dir.clean(log)) {
            throw new IllegalStateException(log.name() + " was not due for cleaning");
        }
        // What the new segments replace goes when its delay is over.
        fixture.time.advance(1000);
    }

    /** Retention by time and by size, with the files that wait for their deletion. */
    private static void retention(Fixture fixture) throws Exception {
        String[] small = {"segment.bytes", "300", "index.interval.bytes", "100"};
        UnifiedLog byTime = fixture.log("by-time", with(small, "retention.ms", "20000"));
        UnifiedLog bySize = fixture.log("by-size", with(small, "retention.bytes", "700", "retention.ms", "-1"));
        UnifiedLog all = fixture.log("all-expired", with(small, "retention.ms", "5000"));
        Producer producer = Producer.idempotent(7000, 0);
        for (int i = 0; i < 16; i++) {
            long now = fixture.time.milliseconds();
            append(byTime, 0, producer.batch(record(now, "r", "number " + i)));
            append(bySize, 0, Producer.plain().batch(record(now, "r", "number " + i)));
            if (i < 5) {
                append(all, 0, Producer.plain().batch(record(now, "r", "number " + i)));
            }
            fixture.time.advance(2000);
        }
        byTime.deleteOldSegments();
        bySize.deleteOldSegments();
        all.deleteOldSegments();
        fixture.dir.shutDown();
    }

    private static String[] with(String[] settings, String... more) {
        String[] all = java.util.Arrays.copyOf(settings, settings.length + more.length);
        System.arraycopy(more, 0, all, settings.length, more.length);
        return all;
    }

    /** What a broker finds that died: no mark of a clean shutdown, and damage of many kinds. */
    private static void crash(Fixture fixture) throws Exception {
        String[] small = {"segment.bytes", "400", "index.interval.bytes", "100", "segment.index.bytes", "96"};
        String[] names = {"intact", "torn", "flipped", "flipped-header", "zeros", "index-missing", "index-short", "index-lies",
            "snapshot-gone", "txn-index-gone", "cleaned", "swap", "deleted", "orphan-index"};
        for (String name : names) {
            UnifiedLog log = fixture.log(name, small);
            Producer producer = Producer.transactional(8000, 0);
            for (int i = 0; i < 9; i++) {
                append(log, i / 4, producer.batch(record(fixture.time.milliseconds(), "c", "transactional " + i)));
                if (i % 3 == 2) {
                    endTransaction(fixture, log, i / 4, producer, 2,
                        i % 2 == 0 ? ControlRecordType.COMMIT : ControlRecordType.ABORT);
                }
                fixture.time.advance(100);
            }
        }
        fixture.dir.crash();
        // The others have nothing to show that these have not.
        fixture.dumped = List.of("torn-0", "flipped-0", "flipped-header-0", "zeros-0", "index-short-0", "index-lies-0");
        for (String name : names) {
            damage(fixture.data.toPath().resolve(name + "-0"), name);
        }
    }

    private static void damage(Path log, String name) throws Exception {
        Path[] segments = files(log, ".log");
        Path last = segments[segments.length - 1];
        Path middle = segments[segments.length / 2];
        switch (name) {
            case "torn" -> truncate(last, Files.size(last) - 5);
            case "flipped" -> flip(middle, Files.size(middle) - 3);
            case "flipped-header" -> flip(last, 40);
            case "zeros" -> Files.write(last, new byte[100], java.nio.file.StandardOpenOption.APPEND);
            case "index-missing" -> Files.delete(beside(segments[0], ".index"));
            case "index-short" -> truncate(beside(segments[0], ".index"), Files.size(beside(segments[0], ".index")) - 3);
            case "index-lies" -> flip(beside(segments[0], ".index"), 7);
            case "snapshot-gone" -> {
                for (Path snapshot : files(log, ".snapshot")) {
                    Files.delete(snapshot);
                }
            }
            case "txn-index-gone" -> {
                for (Path index : files(log, ".txnindex")) {
                    Files.delete(index);
                }
            }
            case "cleaned" -> {
                for (String suffix : new String[] {".log", ".index", ".timeindex"}) {
                    Path from = beside(segments[0], suffix);
                    Files.copy(from, Path.of(from + ".cleaned"));
                }
            }
            case "swap" -> {
                for (String suffix : new String[] {".log", ".index", ".timeindex"}) {
                    Path from = beside(segments[0], suffix);
                    Files.move(from, Path.of(from + ".swap"));
                }
            }
            case "deleted" -> {
                for (String suffix : new String[] {".log", ".index", ".timeindex"}) {
                    Path from = beside(segments[0], suffix);
                    Files.move(from, Path.of(from + ".deleted"));
                }
            }
            case "orphan-index" -> Files.delete(segments[0]);
            default -> { }
        }
    }

    private static Path[] files(Path dir, String suffix) throws Exception {
        try (var list = Files.list(dir)) {
            return list.filter(path -> path.toString().endsWith(suffix)).sorted().toArray(Path[]::new);
        }
    }

    private static Path beside(Path segment, String suffix) {
        return segment.resolveSibling(segment.getFileName().toString().replace(".log", suffix));
    }

    private static void truncate(Path path, long length) throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(length);
        }
    }

    private static void flip(Path path, long position) throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(position);
            int old = file.read();
            file.seek(position);
            file.write(old ^ 0xff);
        }
    }
}
