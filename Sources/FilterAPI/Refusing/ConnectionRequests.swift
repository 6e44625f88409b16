public import KafkaMessages
import KafkaWire

// Requests with which connections begin, and those that clients tell about themselves with.

extension ApiVersionsResponse: ErrorResponse {}
extension ApiVersionsRequest: Refusable {}

extension SaslHandshakeResponse: ErrorResponse {}
extension SaslHandshakeRequest: Refusable {}

extension SaslAuthenticateResponse: ErrorMessageResponse {}
extension SaslAuthenticateRequest: Refusable {}

extension GetTelemetrySubscriptionsResponse: ErrorResponse {}
extension GetTelemetrySubscriptionsRequest: Refusable {}

extension PushTelemetryResponse: ErrorResponse {}
extension PushTelemetryRequest: Refusable {}
