import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.ShardRecordProcessor;

/** The Kinesis Client Library with enhanced fan-out: leases in a table, records pushed over HTTP/2, metrics. */
public class Main {
  private static final Set<String> seen = ConcurrentHashMap.newKeySet();
  private static KinesisAsyncClient kinesis;

  private static class Processor implements ShardRecordProcessor {
    public void initialize(InitializationInput input) {}

    public void processRecords(ProcessRecordsInput input) {
      input.records().forEach(record -> seen.add(StandardCharsets.UTF_8.decode(record.data()).toString()));
      try {
        input.checkpointer().checkpoint();
      } catch (InvalidStateException | ShutdownException error) {
        throw new RuntimeException(error);
      }
    }

    public void leaseLost(LeaseLostInput input) {}

    public void shardEnded(ShardEndedInput input) {
      try {
        input.checkpointer().checkpoint();
      } catch (InvalidStateException | ShutdownException error) {
        throw new RuntimeException(error);
      }
    }

    public void shutdownRequested(ShutdownRequestedInput input) {}
  }

  private static void put(int from, int to) throws Exception {
    for (int i = from; i < to; i++) {
      int n = i;
      kinesis.putRecord(r -> r.streamName("kcl").partitionKey("k" + n).data(SdkBytes.fromUtf8String("r" + n))).get();
    }
  }

  private static void awaitRecords(int count) throws Exception {
    long end = System.currentTimeMillis() + 120_000;
    while (seen.size() < count && System.currentTimeMillis() < end) Thread.sleep(50);
    System.out.println("SEEN " + seen.size());
  }

  public static void main(String[] arguments) throws Exception {
    URI endpoint = URI.create(System.getenv("AWS_ENDPOINT_URL"));
    kinesis = KinesisClientUtil.createKinesisAsyncClient(KinesisAsyncClient.builder().endpointOverride(endpoint));
    DynamoDbAsyncClient tables = DynamoDbAsyncClient.builder().endpointOverride(endpoint).build();
    CloudWatchAsyncClient metrics = CloudWatchAsyncClient.builder().endpointOverride(endpoint).build();
    kinesis.createStream(r -> r.streamName("kcl").shardCount(2)).get();
    put(0, 100);
    ConfigsBuilder configs = new ConfigsBuilder("kcl", "application", kinesis, tables, metrics, "worker", Processor::new);
    Scheduler scheduler = new Scheduler(
        configs.checkpointConfig(), configs.coordinatorConfig(), configs.leaseManagementConfig(), configs.lifecycleConfig(),
        configs.metricsConfig(), configs.processorConfig(),
        configs.retrievalConfig().initialPositionInStreamExtended(
            InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON)));
    Thread worker = new Thread(scheduler);
    worker.setDaemon(true);
    worker.start();
    awaitRecords(100);
    put(100, 150);
    awaitRecords(150);
    while (metrics.listMetrics(r -> r.namespace("application")).get().metrics().isEmpty()) Thread.sleep(50);
    System.exit(0);
  }
}
