public import KafkaMessages
import KafkaWire

// Requests of share coordinators for the state of share groups: the error stands at each partition.

extension InitializeShareGroupStateRequest: SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { [.group(groupID)] }

    /// At each partition.
    public func refusal(_ refusal: Refusal, version: Int16) -> InitializeShareGroupStateResponse {
        with(InitializeShareGroupStateResponse()) {
            $0.results = topics.map { topic in
                with(InitializeShareGroupStateResponse.InitializeStateResult()) {
                    $0.topicID = topic.topicID
                    $0.partitions = topic.partitions.map { partition in
                        with(InitializeShareGroupStateResponse.PartitionResult()) {
                            $0.partition = partition.partition
                            $0.errorCode = refusal.error
                            $0.errorMessage = refusal.message
                        }
                    }
                }
            }
        }
    }
}

extension ReadShareGroupStateRequest: SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { [.group(groupID)] }

    /// At each partition.
    public func refusal(_ refusal: Refusal, version: Int16) -> ReadShareGroupStateResponse {
        with(ReadShareGroupStateResponse()) {
            $0.results = topics.map { topic in
                with(ReadShareGroupStateResponse.ReadStateResult()) {
                    $0.topicID = topic.topicID
                    $0.partitions = topic.partitions.map { partition in
                        with(ReadShareGroupStateResponse.PartitionResult()) {
                            $0.partition = partition.partition
                            $0.errorCode = refusal.error
                            $0.errorMessage = refusal.message
                        }
                    }
                }
            }
        }
    }
}

extension WriteShareGroupStateRequest: SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { [.group(groupID)] }

    /// At each partition.
    public func refusal(_ refusal: Refusal, version: Int16) -> WriteShareGroupStateResponse {
        with(WriteShareGroupStateResponse()) {
            $0.results = topics.map { topic in
                with(WriteShareGroupStateResponse.WriteStateResult()) {
                    $0.topicID = topic.topicID
                    $0.partitions = topic.partitions.map { partition in
                        with(WriteShareGroupStateResponse.PartitionResult()) {
                            $0.partition = partition.partition
                            $0.errorCode = refusal.error
                            $0.errorMessage = refusal.message
                        }
                    }
                }
            }
        }
    }
}

extension DeleteShareGroupStateRequest: SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { [.group(groupID)] }

    /// At each partition.
    public func refusal(_ refusal: Refusal, version: Int16) -> DeleteShareGroupStateResponse {
        with(DeleteShareGroupStateResponse()) {
            $0.results = topics.map { topic in
                with(DeleteShareGroupStateResponse.DeleteStateResult()) {
                    $0.topicID = topic.topicID
                    $0.partitions = topic.partitions.map { partition in
                        with(DeleteShareGroupStateResponse.PartitionResult()) {
                            $0.partition = partition.partition
                            $0.errorCode = refusal.error
                            $0.errorMessage = refusal.message
                        }
                    }
                }
            }
        }
    }
}

extension ReadShareGroupStateSummaryRequest: SubjectNaming {
    /// The group.
    public func subjects(version: Int16) -> [ResourceReference] { [.group(groupID)] }

    /// At each partition.
    public func refusal(_ refusal: Refusal, version: Int16) -> ReadShareGroupStateSummaryResponse {
        with(ReadShareGroupStateSummaryResponse()) {
            $0.results = topics.map { topic in
                with(ReadShareGroupStateSummaryResponse.ReadStateSummaryResult()) {
                    $0.topicID = topic.topicID
                    $0.partitions = topic.partitions.map { partition in
                        with(ReadShareGroupStateSummaryResponse.PartitionResult()) {
                            $0.partition = partition.partition
                            $0.errorCode = refusal.error
                            $0.errorMessage = refusal.message
                        }
                    }
                }
            }
        }
    }
}
