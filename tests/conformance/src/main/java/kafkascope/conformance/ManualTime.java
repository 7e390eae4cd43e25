package kafkascope.conformance;

import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.Scheduler;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A clock that stands still until it is moved, and the scheduler that goes by it: without them Kafka would write other
 * bytes on every run. A task without delay runs at once, on the caller's thread; a task with one when the clock gets
 * there; periodic tasks never (they are the callers' business here).
 */
final class ManualTime implements Time, Scheduler {
    private long nowMs;
    private final List<Task> waiting = new ArrayList<>();

    ManualTime(long startMs) {
        nowMs = startMs;
    }

    /** Moves the clock, and runs what falls due. */
    void advance(long ms) {
        nowMs += ms;
        List<Task> due = waiting.stream().filter(task -> task.dueMs <= nowMs && !task.isDone())
            .sorted(Comparator.comparingLong(task -> task.dueMs)).toList();
        waiting.removeAll(due);
        due.forEach(Task::run);
    }

    @Override
    public long milliseconds() {
        return nowMs;
    }

    @Override
    public long nanoseconds() {
        return TimeUnit.MILLISECONDS.toNanos(nowMs);
    }

    @Override
    public void sleep(long ms) {
        advance(ms);
    }

    @Override
    public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMs) {
        throw new UnsupportedOperationException("nobody would wake the one thread that there is");
    }

    @Override
    public ScheduledFuture<?> schedule(String name, Runnable action, long delayMs, long periodMs) {
        Task task = new Task(action, nowMs + delayMs);
        if (periodMs < 0 && delayMs <= 0) {
            task.run();
        } else if (periodMs < 0) {
            waiting.add(task);
        }
        return task;
    }

    @Override
    public void startup() {
    }

    @Override
    public void shutdown() {
        waiting.clear();
    }

    @Override
    public void resizeThreadPool(int newSize) {
    }

    private static final class Task extends CompletableFuture<Void> implements ScheduledFuture<Void> {
        private final Runnable action;
        private final long dueMs;

        Task(Runnable action, long dueMs) {
            this.action = action;
            this.dueMs = dueMs;
        }

        void run() {
            action.run();
            complete(null);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(dueMs, TimeUnit.MILLISECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.MILLISECONDS), other.getDelay(TimeUnit.MILLISECONDS));
        }
    }
}
