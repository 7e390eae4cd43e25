package kafkascope.conformance;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.server.common.RequestLocal;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.log.VerificationGuard;

import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One fixture in the making: a folder of {@code log.dirs}, the logs in it, and the settings of each, which whoever opens
 * them again has to know.
 */
final class Fixture {
    /** 2026-01-01T00:00:00Z. */
    static final long START_MS = 1_767_225_600_000L;

    final ManualTime time = new ManualTime(START_MS);
    final File data;
    final LogDir dir;
    /** The settings of each log, by its name. */
    final Map<String, Map<String, String>> settings = new TreeMap<>();
    /** The logs whose files DumpLogSegments is shown; none stands for all. */
    List<String> dumped = List.of();

    Fixture(File data) throws Exception {
        this.data = data;
        dir = new LogDir(data, time);
    }

    /** Begins partition 0 of {@code topic}; {@code settings} are names and values in turn. */
    UnifiedLog log(String topic, String... settings) throws IOException {
        Map<String, String> map = new TreeMap<>();
        // Kafka gives an index this size at once, so it must be small while a log is open.
        map.put("segment.index.bytes", "4096");
        map.put(LogConfig.INTERNAL_SEGMENT_BYTES_CONFIG, "1048576");
        for (int i = 0; i < settings.length; i += 2) {
            map.put(settings[i].equals("segment.bytes") ? LogConfig.INTERNAL_SEGMENT_BYTES_CONFIG : settings[i], settings[i + 1]);
        }
        TopicPartition partition = new TopicPartition(topic, 0);
        UnifiedLog log = dir.open(partition, map);
        this.settings.put(partition.toString(), map);
        return log;
    }

    /** Appends what a client sent, in the leader's term {@code epoch}. The only replica is in sync: all is committed at once. */
    static void append(UnifiedLog log, int epoch, MemoryRecords records) throws IOException {
        log.appendAsLeader(records, epoch);
        log.updateHighWatermark(log.logEndOffset());
    }

    /** Appends a marker that the transaction coordinator sent, which tells the feature level that it went by. */
    static void appendMarker(UnifiedLog log, int epoch, MemoryRecords marker, int transactionVersion) throws IOException {
        log.appendAsLeader(marker, epoch, AppendOrigin.COORDINATOR, RequestLocal.noCaching(), VerificationGuard.SENTINEL,
            (short) transactionVersion);
        log.updateHighWatermark(log.logEndOffset());
    }
}
