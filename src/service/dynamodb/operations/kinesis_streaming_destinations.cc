#include <fmt/format.h>

#include <algorithm>

#include "aws/dynamodb/operations.h"
#include "aws/shape_json.h"
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/stream/change_copies.h"

namespace leat::dynamodb {
namespace {

using Destinations = std::vector<KinesisDataStreamDestination>;

constexpr std::size_t kMaxDestinations = 2;
constexpr const char* kUsualPrecision = "MILLISECOND";

std::unexpected<aws::Error> refuse(std::string message) { return aws::fail(errors::kValidation, std::move(message)); }

Destinations load(const DynamoDb& db, const Table& table) {
  const auto stored = db.store().get(copies_row(table.account, table.region, table.name()));
  if (!stored.value) return {};
  return aws::from_json<DescribeKinesisStreamingDestinationOutput>(*stored.value)
      .kinesis_data_stream_destinations.value_or(Destinations());
}

void save(DynamoDb& db, const Table& table, Destinations destinations) {
  DescribeKinesisStreamingDestinationOutput stored;
  stored.kinesis_data_stream_destinations = std::move(destinations);
  kv::Batch batch;
  batch.put(copies_row(table.account, table.region, table.name()), aws::to_json(stored));
  (void)db.store().commit(batch);
  db.tables().published(table.owner(), table.name());
}

KinesisDataStreamDestination* find(Destinations& destinations, const std::string& stream_arn) {
  const auto found = std::find_if(destinations.begin(), destinations.end(),
                                  [&](const auto& each) { return each.stream_arn == stream_arn; });
  return found == destinations.end() ? nullptr : &*found;
}

bool is_active(const KinesisDataStreamDestination* destination) {
  return destination && destination->destination_status == "ACTIVE";
}

KinesisStreamingDestinationOutput answer(const Table& table, const std::string& stream_arn, const char* status) {
  KinesisStreamingDestinationOutput output;
  output.table_name = table.name();
  output.stream_arn = stream_arn;
  output.destination_status = status;
  return output;
}

}  // namespace

aws::Result<KinesisStreamingDestinationOutput> enable_kinesis_streaming_destination(
    DynamoDb& db, const aws::Caller& caller, const KinesisStreamingDestinationInput& input) {
  std::unique_lock lock(db.definitions());
  const TablePtr table = TRY(db.tables().find(caller, input.table_name));
  if (!db.change_copies() || !db.change_copies()->exists(input.stream_arn)) {
    return aws::fail(errors::kResourceNotFound,
                     fmt::format("Requested resource not found: Stream: {} not found", input.stream_arn));
  }
  Destinations destinations = load(db, *table);
  KinesisDataStreamDestination* destination = find(destinations, input.stream_arn);
  if (is_active(destination)) {
    return refuse(
        "Table is not in a valid state to enable Kinesis Streaming Destination: EnableKinesisStreamingDestination must "
        "be DISABLED or ENABLE_FAILED to perform ENABLE operation.");
  }
  const auto active =
      std::count_if(destinations.begin(), destinations.end(), [](const auto& each) { return is_active(&each); });
  if (static_cast<std::size_t>(active) >= kMaxDestinations)
    return aws::fail(errors::kLimitExceeded,
                     fmt::format("Table {} already has {} Kinesis streaming destinations.", table->name(), active));
  if (!destination) destination = &destinations.emplace_back();
  destination->stream_arn = input.stream_arn;
  destination->destination_status = "ACTIVE";
  const auto& settings = input.enable_kinesis_streaming_configuration;
  destination->approximate_creation_date_time_precision =
      settings ? settings->approximate_creation_date_time_precision : std::nullopt;
  save(db, *table, destinations);
  auto output = answer(*table, input.stream_arn, "ENABLING");
  output.enable_kinesis_streaming_configuration = settings.value_or(EnableKinesisStreamingConfiguration());
  return output;
}

aws::Result<KinesisStreamingDestinationOutput> disable_kinesis_streaming_destination(
    DynamoDb& db, const aws::Caller& caller, const KinesisStreamingDestinationInput& input) {
  std::unique_lock lock(db.definitions());
  const TablePtr table = TRY(db.tables().find(caller, input.table_name));
  Destinations destinations = load(db, *table);
  KinesisDataStreamDestination* destination = find(destinations, input.stream_arn);
  if (!is_active(destination)) {
    return refuse(
        "Table is not in a valid state to enable Kinesis Streaming Destination: KinesisStreamingDestination must be "
        "ACTIVE to perform DISABLE operation.");
  }
  destination->destination_status = "DISABLED";
  save(db, *table, destinations);
  return answer(*table, input.stream_arn, "DISABLING");
}

aws::Result<UpdateKinesisStreamingDestinationOutput> update_kinesis_streaming_destination(
    DynamoDb& db, const aws::Caller& caller, const UpdateKinesisStreamingDestinationInput& input) {
  std::unique_lock lock(db.definitions());
  const TablePtr table = TRY(db.tables().find(caller, input.table_name));
  Destinations destinations = load(db, *table);
  KinesisDataStreamDestination* destination = find(destinations, input.stream_arn);
  const auto& wanted = input.update_kinesis_streaming_configuration;
  if (!wanted || !wanted->approximate_creation_date_time_precision)
    return refuse(
        "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration cannot be "
        "null or contain only null values");
  if (!is_active(destination)) {
    return refuse(
        "Table is not in a valid state to enable Kinesis Streaming Destination: No streaming destination with "
        "streamArn: " +
        input.stream_arn + " found for table with tableName: " + table->name());
  }
  if (destination->approximate_creation_date_time_precision.value_or(kUsualPrecision) ==
      *wanted->approximate_creation_date_time_precision) {
    return refuse(
        fmt::format("Invalid Request: Precision is already set to the desired value of {} for tableId: {}, kdsArn: {}",
                    *wanted->approximate_creation_date_time_precision, table->id(), input.stream_arn));
  }
  destination->approximate_creation_date_time_precision = wanted->approximate_creation_date_time_precision;
  save(db, *table, destinations);
  UpdateKinesisStreamingDestinationOutput output;
  output.table_name = table->name();
  output.stream_arn = input.stream_arn;
  output.destination_status = "UPDATING";
  output.update_kinesis_streaming_configuration = wanted;
  return output;
}

aws::Result<DescribeKinesisStreamingDestinationOutput> describe_kinesis_streaming_destination(
    DynamoDb& db, const aws::Caller& caller, const DescribeKinesisStreamingDestinationInput& input) {
  const TablePtr table = TRY(db.tables().find(caller, input.table_name));
  DescribeKinesisStreamingDestinationOutput output;
  output.table_name = table->name();
  output.kinesis_data_stream_destinations = load(db, *table);
  return output;
}

}  // namespace leat::dynamodb
