#pragma once
// The settings of event source mappings: AWS's defaults, what each kind of source takes, and what a mapping makes of
// them.
//
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html

#include <string>
#include <vector>

#include "aws/caller.h"
#include "aws/error.h"
#include "aws/lambda/types.h"
#include "service/lambda/mapping.h"
#include "service/lambda/ports.h"

namespace leat::lambda {

// Settings of a new mapping that were not given. A queue's has fewer.
void set_defaults(EventSourceMappingConfiguration& mapping, const QueueSource::Facts* queue);

// Takes over what is given. `queue` is null for a stream. InvalidParameterValueException.
aws::Result<void> apply_settings(EventSourceMappingConfiguration& mapping, const CreateEventSourceMappingRequest& input,
                                 const QueueSource::Facts* queue, Destinations& destinations);
aws::Result<void> apply_settings(EventSourceMappingConfiguration& mapping, const UpdateEventSourceMappingRequest& input,
                                 const QueueSource::Facts* queue, Destinations& destinations);

MappingSettings settings_of(const aws::Caller& caller, const EventSourceMappingConfiguration& mapping);

}  // namespace leat::lambda
