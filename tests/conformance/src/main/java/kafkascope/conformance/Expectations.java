package kafkascope.conformance;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.FileRecords.TimestampAndOffset;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.BatchMetadata;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.ProducerStateEntry;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.server.storage.log.FetchIsolation;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** What Kafka makes of a folder of logs: the records, the state in memory, the files after opening and closing it. */
final class Expectations {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CLEAN_SHUTDOWN = ".kafka_cleanshutdown";

    private final Path fixture;
    private final Path data;
    private final long nowMs;
    private final Map<String, Map<String, String>> settings;
    private final List<String> dumped;

    Expectations(Path folder, Fixture fixture) {
        this.fixture = folder;
        this.data = folder.resolve("data");
        this.nowMs = fixture.time.milliseconds();
        this.settings = fixture.settings;
        this.dumped = fixture.dumped;
    }

    void write() throws Exception {
        dumps();
        Path copy = Files.createTempDirectory("kafkascope-opened");
        copyTree(data, copy);
        Map<String, UnifiedLog> logs = open(copy, false);
        Files.writeString(fixture.resolve("state.jsonl"), state(logs));
        Files.writeString(fixture.resolve("records.jsonl"), records(logs));
        dir.shutDown();
        Files.writeString(fixture.resolve("opened.txt"), listing(copy));
        deleteTree(copy);

        Path bare = Files.createTempDirectory("kafkascope-rebuilt");
        copyTree(data, bare);
        try (Stream<Path> paths = Files.walk(bare)) {
            for (Path path : paths.toList()) {
                String name = path.getFileName().toString();
                if (name.endsWith("index") || name.endsWith(".snapshot") || name.equals(CLEAN_SHUTDOWN)) {
                    Files.delete(path);
                }
            }
        }
        open(bare, true);
        dir.shutDown();
        StringBuilder rebuilt = new StringBuilder(listing(bare));
        for (Path file : DumpLogs.filesBelow(bare)) {
            if (!file.toString().endsWith(".log")) {
                rebuilt.append(DumpLogs.dump(bare, file));
            }
        }
        Files.writeString(fixture.resolve("rebuilt.txt"), rebuilt);
        deleteTree(bare);
    }

    private LogDir dir;

    private Map<String, UnifiedLog> open(Path copy, boolean fromTheStart) throws Exception {
        // A segment without records is as old as its file.
        try (Stream<Path> paths = Files.walk(copy)) {
            for (Path path : paths.toList()) {
                Files.setLastModifiedTime(path, FileTime.fromMillis(nowMs));
            }
        }
        dir = new LogDir(copy.toFile(), new ManualTime(nowMs));
        Map<String, UnifiedLog> logs = new TreeMap<>();
        for (Map.Entry<String, Map<String, String>> log : settings.entrySet()) {
            TopicPartition partition = new TopicPartition(log.getKey().substring(0, log.getKey().length() - 2), 0);
            logs.put(log.getKey(), fromTheStart ? dir.openFromTheStart(partition, log.getValue()) : dir.open(partition, log.getValue()));
        }
        return logs;
    }

    private void dumps() throws IOException {
        StringBuilder text = new StringBuilder();
        List<Path> files = DumpLogs.filesBelow(data);
        Path first = files.stream().filter(file -> file.toString().endsWith(".log")).findFirst().orElseThrow();
        for (Path file : files) {
            if (!dumped.isEmpty() && !dumped.contains(file.getParent().getFileName().toString())) {
                continue;
            }
            for (List<String> flags : flagsFor(file, file.equals(first))) {
                text.append("$ ").append(data.relativize(file)).append(flags.isEmpty() ? "" : " ").append(String.join(" ", flags));
                text.append('\n').append(DumpLogs.dump(data, file, flags.toArray(String[]::new)));
            }
        }
        Files.writeString(fixture.resolve("dump.txt"), text);
    }

    /** The flags that are worth a look at a file of this kind, one call each. */
    private static List<List<String>> flagsFor(Path file, boolean thorough) {
        String name = file.toString();
        if (name.contains("/blocks-") && name.endsWith(".log")) {
            return List.of(List.of("--deep-iteration"));
        }
        if (name.endsWith(".log")) {
            List<String> all = List.of("--deep-iteration", "--print-data-log");
            return thorough ? List.of(List.of(), List.of("--deep-iteration"), all) : List.of(all);
        }
        boolean checkable = name.endsWith(".index") || name.endsWith(".timeindex");
        return checkable ? List.of(List.of(), List.of("--verify-index-only"), List.of("--index-sanity-check")) : List.of(List.of());
    }

    /** Every batch and record from the log start on, as a replica would read them. */
    private static String records(Map<String, UnifiedLog> logs) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (Map.Entry<String, UnifiedLog> entry : logs.entrySet()) {
            UnifiedLog log = entry.getValue();
            long offset = log.logStartOffset();
            while (offset < log.logEndOffset()) {
                boolean any = false;
                for (RecordBatch batch : log.read(offset, 1024 * 1024, FetchIsolation.LOG_END, true).records.batches()) {
                    lines.append(JSON.writeValueAsString(batch(entry.getKey(), batch))).append('\n');
                    for (Record record : batch) {
                        lines.append(JSON.writeValueAsString(record(record))).append('\n');
                    }
                    offset = batch.nextOffset();
                    any = true;
                }
                if (!any) {
                    break;
                }
            }
        }
        return lines.toString();
    }

    private static ObjectNode batch(String log, RecordBatch batch) {
        ObjectNode node = JSON.createObjectNode();
        node.put("log", log).put("baseOffset", batch.baseOffset()).put("lastOffset", batch.lastOffset())
            .put("size", batch.sizeInBytes()).put("leaderEpoch", batch.partitionLeaderEpoch())
            .put("control", batch.isControlBatch());
        batch.deleteHorizonMs().ifPresent(horizon -> node.put("deleteHorizonMs", horizon));
        if (!batch.isValid()) {
            node.put("invalid", true);
        }
        return node;
    }

    private static ObjectNode record(Record record) {
        ObjectNode node = JSON.createObjectNode();
        node.put("offset", record.offset()).put("timestamp", record.timestamp());
        node.put("key", bytes(record.hasKey() ? record.key() : null)).put("value", bytes(record.hasValue() ? record.value() : null));
        if (record.headers().length > 0) {
            ArrayNode headers = node.putArray("headers");
            for (Header header : record.headers()) {
                headers.addArray().add(header.key()).add(header.value() == null ? null : HexFormat.of().formatHex(header.value()));
            }
        }
        return node;
    }

    /** Bytes in hexadecimal; of many, their number and CRC-32C. */
    private static String bytes(ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes(bytes);
    }

    static String bytes(byte[] bytes) {
        if (bytes == null) {
            return null;
        }
        return bytes.length <= 256 ? HexFormat.of().formatHex(bytes) : bytes.length + " bytes, crc " + crc(bytes);
    }

    /** The state of each log in memory, once opened. */
    private String state(Map<String, UnifiedLog> logs) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (Map.Entry<String, UnifiedLog> entry : logs.entrySet()) {
            ObjectNode node = JSON.createObjectNode();
            node.put("log", entry.getKey()).put("openedAtMs", nowMs);
            ObjectNode given = node.putObject("settings");
            settings.get(entry.getKey()).forEach(given::put);
            state(node, entry.getValue());
            lines.append(JSON.writeValueAsString(node)).append('\n');
        }
        return lines.toString();
    }

    private static void state(ObjectNode node, UnifiedLog log) throws IOException {
        node.put("topicId", log.topicId().get().toString());
        node.put("logStartOffset", log.logStartOffset()).put("logEndOffset", log.logEndOffset())
            .put("highWatermark", log.highWatermark()).put("lastStableOffset", log.lastStableOffset())
            .put("recoveryPoint", log.recoveryPoint());
        ArrayNode epochs = node.putArray("epochs");
        log.leaderEpochCache().epochEntries().forEach(entry -> epochs.addArray().add(entry.epoch()).add(entry.startOffset()));
        ArrayNode segments = node.putArray("segments");
        for (LogSegment segment : log.logSegments()) {
            segments.addObject().put("baseOffset", segment.baseOffset()).put("size", segment.size())
                .put("indexEntries", segment.offsetIndex().entries()).put("timeIndexEntries", segment.timeIndex().entries())
                .put("maxTimestamp", segment.readMaxTimestampAndOffsetSoFar().timestamp())
                .put("offsetOfMaxTimestamp", segment.readMaxTimestampAndOffsetSoFar().offset());
        }
        producers(node.putArray("producers"), log);
        ArrayNode aborted = node.putArray("abortedTransactions");
        for (LogSegment segment : log.logSegments()) {
            for (AbortedTxn txn : segment.txnIndex().allAbortedTxns()) {
                aborted.addObject().put("producerId", txn.producerId()).put("firstOffset", txn.firstOffset())
                    .put("lastOffset", txn.lastOffset()).put("lastStableOffset", txn.lastStableOffset());
            }
        }
        timestamps(node.putArray("offsetsForTimestamps"), log);
    }

    private static void producers(ArrayNode producers, UnifiedLog log) {
        for (ProducerStateEntry entry : new TreeMap<>(log.producerStateManager().activeProducers()).values()) {
            ObjectNode node = producers.addObject();
            node.put("producerId", entry.producerId()).put("producerEpoch", entry.producerEpoch())
                .put("coordinatorEpoch", entry.coordinatorEpoch()).put("lastTimestamp", entry.lastTimestamp())
                .put("currentTxnFirstOffset", entry.currentTxnFirstOffset().orElse(-1L));
            ArrayNode batches = node.putArray("batches");
            for (BatchMetadata batch : entry.batchMetadata()) {
                batches.addArray().add(batch.firstSeq()).add(batch.lastSeq()).add(batch.firstOffset()).add(batch.lastOffset())
                    .add(batch.timestamp());
            }
        }
    }

    /** The look-up of each timestamp that the log has, of its neighbours, and of the largest. */
    private static void timestamps(ArrayNode answers, UnifiedLog log) throws IOException {
        TreeSet<Long> asked = new TreeSet<>(List.of(0L, -3L));
        for (LogSegment segment : log.logSegments()) {
            for (RecordBatch batch : segment.log().batches()) {
                for (Record record : batch) {
                    asked.add(record.timestamp() + 1);
                    asked.add(record.timestamp());
                }
            }
        }
        asked.remove(-1L);
        List<Long> some = new ArrayList<>(asked);
        int step = Math.max(1, some.size() / 12);
        for (int i = 0; i < some.size(); i += step) {
            Optional<TimestampAndOffset> found = log.fetchOffsetByTimestamp(some.get(i), Optional.empty()).timestampAndOffsetOpt();
            ArrayNode answer = answers.addArray().add(some.get(i));
            found.ifPresent(it -> answer.add(it.timestamp).add(it.offset).add(it.leaderEpoch.orElse(-1)));
        }
    }

    /** The files of the logs: name, size, CRC-32C. */
    private static String listing(Path root) throws IOException {
        StringBuilder lines = new StringBuilder();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.filter(it -> Files.isRegularFile(it) && !it.getParent().equals(root)).sorted().toList()) {
                byte[] bytes = Files.readAllBytes(path);
                lines.append(String.format("%s %d %s%n", root.relativize(path), bytes.length, crc(bytes)));
            }
        }
        return lines.toString();
    }

    private static String crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return String.format("%08x", crc.getValue());
    }

    static void copyTree(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : paths.toList()) {
                Path target = to.resolve(from.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target);
                }
            }
        }
    }

    static void deleteTree(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
