import FilterAPI
import KafkaMessages
import KafkaWire
import Settings

/// What an audit takes from a request: the resources that it names, and what is to be done to them. Secrets are not
/// among it: salted passwords, tokens and their HMACs are never looked at.
struct AuditExtract {
    /// What the request names.
    private(set) var resources: [AuditResource] = []
    /// What is to be done, beyond the names; nil if there is nothing to say.
    private(set) var details: JSONValue?
    /// True for a heartbeat that neither joins nor leaves.
    private(set) var isRoutine = false

    init(_ request: FilteredRequest) {
        takeNames(request)
        takeDetails(request)
        if resources.isEmpty, AuditedAPI.of(request.record.apiKey).auditClass == .admin {
            resources = [AuditResource(type: "cluster", name: nil)]
        }
    }

    // MARK: - Names

    /// What filters may refuse of a request is what it names.
    private mutating func takeNames(_ request: FilteredRequest) {
        let cluster = request.record.connection.cluster
        var named: [AuditResource] = []
        // Nothing is refused, so that nothing is changed; a body that cannot be read names nothing that is known.
        _ = try? request.refuseParts { part in
            switch part {
            case .topic(let topic):
                let name = topic.name ?? topic.id.flatMap { cluster.topicName($0) }
                named.append(AuditResource(type: "topic", name: name, id: topic.id))
            case .group(let name): named.append(AuditResource(type: "group", name: name))
            case .transactionalID(let name): named.append(AuditResource(type: "transactional_id", name: name))
            case .resource(let type, let name): named.append(AuditResource(type: Self.configured(type), name: name))
            case .partition, .acl: break
            }
            return nil
        }
        resources = named
    }

    /// The name of a type of resource that has a configuration.
    static func configured(_ type: Int8) -> String {
        switch type {
        case 2: "topic"
        case 4: "broker"
        case 8: "broker_logger"
        case 16: "client_metrics"
        case 32: "group"
        default: "resource_\(type)"
        }
    }

    // MARK: - Details

    private mutating func takeDetails(_ request: FilteredRequest) {
        switch request.record.apiKey {
        case .createTopics: read(CreateTopicsRequest.self, request) { $0.takeTopics($1) }
        case .createPartitions: read(CreatePartitionsRequest.self, request) { $0.takePartitions($1) }
        case .deleteRecords: read(DeleteRecordsRequest.self, request) { $0.takeOffsets($1) }
        case .alterPartitionReassignments:
            read(AlterPartitionReassignmentsRequest.self, request) { $0.takeReassignments($1) }
        case .electLeaders:
            read(ElectLeadersRequest.self, request) { $0.details = ["unclean": .bool($1.electionType == 1)] }
        case .updateFeatures: read(UpdateFeaturesRequest.self, request) { $0.takeFeatures($1) }
        case .unregisterBroker:
            read(UnregisterBrokerRequest.self, request) {
                $0.resources = [AuditResource(type: "broker", name: "\($1.brokerID)")]
            }
        case .alterConfigs: read(AlterConfigsRequest.self, request) { $0.takeConfigs($1) }
        case .incrementalAlterConfigs: read(IncrementalAlterConfigsRequest.self, request) { $0.takeConfigs($1) }
        case .alterClientQuotas: read(AlterClientQuotasRequest.self, request) { $0.takeQuotas($1) }
        case .createAcls: read(CreateAclsRequest.self, request) { $0.takeACLs($1.creations.map(ACLText.init)) }
        case .deleteAcls: read(DeleteAclsRequest.self, request) { $0.takeACLs($1.filters.map(ACLText.init)) }
        case .describeAcls: read(DescribeAclsRequest.self, request) { $0.takeACLs([ACLText($1)]) }
        case .joinGroup: read(JoinGroupRequest.self, request) { $0.takeMember($1.memberID, $1.groupInstanceID) }
        case .leaveGroup: read(LeaveGroupRequest.self, request) { $0.takeMembers($1) }
        case .consumerGroupHeartbeat:
            read(ConsumerGroupHeartbeatRequest.self, request) {
                $0.takeHeartbeat($1.memberEpoch, $1.memberID, $1.instanceID)
            }
        case .shareGroupHeartbeat:
            read(ShareGroupHeartbeatRequest.self, request) { $0.takeHeartbeat($1.memberEpoch, $1.memberID, nil) }
        case .streamsGroupHeartbeat:
            read(StreamsGroupHeartbeatRequest.self, request) {
                $0.takeHeartbeat($1.memberEpoch, $1.memberID, $1.instanceID)
            }
        case .endTxn: read(EndTxnRequest.self, request) { $0.details = ["committed": .bool($1.committed)] }
        case .alterUserScramCredentials:
            read(AlterUserScramCredentialsRequest.self, request) { $0.takeUsers($1) }
        case .describeUserScramCredentials:
            read(DescribeUserScramCredentialsRequest.self, request) {
                $0.resources = ($1.users ?? []).map { AuditResource(type: "user", name: $0.name) }
            }
        case .createDelegationToken: read(CreateDelegationTokenRequest.self, request) { $0.takeToken($1) }
        case .renewDelegationToken:
            read(RenewDelegationTokenRequest.self, request) {
                $0.details = ["renew_period_ms": .integer(Int($1.renewPeriodMs))]
            }
        case .expireDelegationToken:
            read(ExpireDelegationTokenRequest.self, request) {
                $0.details = ["expiry_period_ms": .integer(Int($1.expiryTimePeriodMs))]
            }
        case .describeDelegationToken:
            read(DescribeDelegationTokenRequest.self, request) {
                $0.resources = ($1.owners ?? []).map {
                    AuditResource(type: "principal", name: "\($0.principalType):\($0.principalName)")
                }
            }
        default: break
        }
    }

    private mutating func read<Message: RequestMessage>(
        _ type: Message.Type, _ request: FilteredRequest, _ take: (inout AuditExtract, Message) -> Void
    ) {
        guard let message = try? request.frame.body(type) else { return }
        take(&self, message)
    }

    /// Lists what was asked for, up to a bound.
    private static func list<Element>(_ elements: [Element], _ body: (Element) -> JSONValue) -> JSONValue {
        .array(elements.prefix(AuditEvent.mostResources).map(body))
    }

    private static func text(_ text: String?) -> JSONValue {
        text.map { .string(AuditDocument.cut($0)) } ?? .null
    }
}

// MARK: - Topics and the cluster

extension AuditExtract {
    private mutating func takeTopics(_ request: CreateTopicsRequest) {
        details = [
            "validate_only": .bool(request.validateOnly),
            "topics": Self.list(request.topics) { topic in
                [
                    "name": Self.text(topic.name), "partitions": .integer(Int(topic.numPartitions)),
                    "replication_factor": .integer(Int(topic.replicationFactor)),
                    "configs": Self.list(topic.configs) {
                        ["name": Self.text($0.name), "value": ConfigText.value($0.value, of: $0.name, type: 2)]
                    },
                ]
            },
        ]
    }

    private mutating func takePartitions(_ request: CreatePartitionsRequest) {
        details = [
            "validate_only": .bool(request.validateOnly),
            "topics": Self.list(request.topics) {
                ["name": Self.text($0.name), "partitions": .integer(Int($0.count))]
            },
        ]
    }

    private mutating func takeOffsets(_ request: DeleteRecordsRequest) {
        details = [
            "topics": Self.list(request.topics) { topic in
                [
                    "name": Self.text(topic.name),
                    "partitions": Self.list(topic.partitions) {
                        ["partition": .integer(Int($0.partitionIndex)), "before_offset": .integer(Int($0.offset))]
                    },
                ]
            }
        ]
    }

    private mutating func takeReassignments(_ request: AlterPartitionReassignmentsRequest) {
        details = [
            "topics": Self.list(request.topics) { topic in
                [
                    "name": Self.text(topic.name),
                    "partitions": Self.list(topic.partitions) { partition in
                        [
                            "partition": .integer(Int(partition.partitionIndex)),
                            "replicas": partition.replicas.map { Self.list($0) { .integer(Int($0)) } } ?? .null,
                        ]
                    },
                ]
            }
        ]
    }

    private mutating func takeFeatures(_ request: UpdateFeaturesRequest) {
        details = [
            "validate_only": .bool(request.validateOnly),
            "features": Self.list(request.featureUpdates) {
                ["name": Self.text($0.feature), "level": .integer(Int($0.maxVersionLevel))]
            },
        ]
    }
}

// MARK: - Configurations, quotas, ACLs

extension AuditExtract {
    private mutating func takeConfigs(_ request: AlterConfigsRequest) {
        details = [
            "validate_only": .bool(request.validateOnly),
            "resources": Self.list(request.resources) { resource in
                [
                    "type": .string(Self.configured(resource.resourceType)), "name": Self.text(resource.resourceName),
                    "configs": Self.list(resource.configs) {
                        [
                            "name": Self.text($0.name), "operation": "set",
                            "value": ConfigText.value($0.value, of: $0.name, type: resource.resourceType),
                        ]
                    },
                ]
            },
        ]
    }

    private mutating func takeConfigs(_ request: IncrementalAlterConfigsRequest) {
        details = [
            "validate_only": .bool(request.validateOnly),
            "resources": Self.list(request.resources) { resource in
                [
                    "type": .string(Self.configured(resource.resourceType)), "name": Self.text(resource.resourceName),
                    "configs": Self.list(resource.configs) {
                        [
                            "name": Self.text($0.name), "operation": .string(ConfigText.operation($0.configOperation)),
                            "value": ConfigText.value($0.value, of: $0.name, type: resource.resourceType),
                        ]
                    },
                ]
            },
        ]
    }

    private mutating func takeQuotas(_ request: AlterClientQuotasRequest) {
        resources = request.entries.map { entry in
            let entity = entry.entity.map { "\($0.entityType)=\($0.entityName ?? "<default>")" }
            return AuditResource(type: "quota", name: entity.joined(separator: ","))
        }
        details = [
            "validate_only": .bool(request.validateOnly),
            "quotas": Self.list(request.entries) { entry in
                Self.list(entry.ops) { ["name": Self.text($0.key), "value": $0.remove ? .null : .number($0.value)] }
            },
        ]
    }

    private mutating func takeACLs(_ acls: [ACLText]) {
        resources = acls.map(\.resource)
    }
}

// MARK: - Groups and credentials

extension AuditExtract {
    private mutating func takeMember(_ member: String, _ instance: String?) {
        details = ["member_id": Self.text(member), "group_instance_id": Self.text(instance)]
    }

    private mutating func takeMembers(_ request: LeaveGroupRequest) {
        guard !request.members.isEmpty else { return takeMember(request.memberID, nil) }
        details = [
            "members": Self.list(request.members) {
                [
                    "member_id": Self.text($0.memberID), "group_instance_id": Self.text($0.groupInstanceID),
                    "reason": Self.text($0.reason),
                ]
            }
        ]
    }

    /// Epoch 0 joins, a negative one leaves; every other keeps a member alive.
    private mutating func takeHeartbeat(_ epoch: Int32, _ member: String, _ instance: String?) {
        isRoutine = epoch > 0
        details = [
            "step": epoch == 0 ? "join" : epoch < 0 ? "leave" : "stay", "member_id": Self.text(member),
            "group_instance_id": Self.text(instance),
        ]
    }

    private mutating func takeUsers(_ request: AlterUserScramCredentialsRequest) {
        resources =
            request.deletions.map { AuditResource(type: "user", name: $0.name) }
            + request.upsertions.map { AuditResource(type: "user", name: $0.name) }
        details = [
            "credentials": .array(
                request.deletions.prefix(AuditEvent.mostResources).map {
                    [
                        "user": Self.text($0.name), "operation": "delete",
                        "mechanism": .string(Self.mechanism($0.mechanism)),
                    ]
                }
                    + request.upsertions.prefix(AuditEvent.mostResources).map {
                        [
                            "user": Self.text($0.name), "operation": "set",
                            "mechanism": .string(Self.mechanism($0.mechanism)),
                            "iterations": .integer(Int($0.iterations)),
                        ]
                    })
        ]
    }

    private static func mechanism(_ number: Int8) -> String {
        switch number {
        case 1: "SCRAM-SHA-256"
        case 2: "SCRAM-SHA-512"
        default: "mechanism_\(number)"
        }
    }

    private mutating func takeToken(_ request: CreateDelegationTokenRequest) {
        if let name = request.ownerPrincipalName, let type = request.ownerPrincipalType, !name.isEmpty {
            resources = [AuditResource(type: "principal", name: "\(type):\(name)")]
        }
        details = [
            "renewers": Self.list(request.renewers) { Self.text("\($0.principalType):\($0.principalName)") },
            "max_lifetime_ms": .integer(Int(request.maxLifetimeMs)),
        ]
    }
}
