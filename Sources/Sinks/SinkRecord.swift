package import NIOCore

/// What is handed to a sink. What it holds is copied where it is kept.
package struct SinkRecord: Sendable {
    /// A header of a record.
    package struct Header: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// Its value; nil for null.
        package var value: ByteBuffer?

        /// A header.
        package init(_ name: String, _ value: ByteBuffer?) {
            self.name = name
            self.value = value
        }
    }

    /// The record's key, for a topic; nil for none.
    package var key: ByteBuffer?
    /// The record's value, for a topic; for all other sinks a JSON document on one line, without a line feed.
    package var value: ByteBuffer?
    /// The record's headers, for a topic.
    package var headers: [Header]
    /// The headers as the wire has them within a record, with their count before them, in place of ``headers``; nil if those
    /// are meant.
    package var encodedHeaders: ByteBuffer?
    /// The record's time, for a topic, in milliseconds since 1970; nil for now.
    package var timestamp: Int64?

    /// A record.
    package init(key: ByteBuffer? = nil, value: ByteBuffer?, headers: [Header] = [], timestamp: Int64? = nil) {
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }

    /// A record whose headers are written already.
    package init(key: ByteBuffer?, value: ByteBuffer?, encodedHeaders: ByteBuffer, timestamp: Int64?) {
        self.key = key
        self.value = value
        headers = []
        self.encodedHeaders = encodedHeaders
        self.timestamp = timestamp
    }
}
