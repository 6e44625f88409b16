import Foundation
import Logging
import NIOCore
import NIOPosix

/// What tests of signing in share.
enum SignInGroup {
    static var shared: any EventLoopGroup { MultiThreadedEventLoopGroup.singleton }
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// Names of files that no other test has.
enum UUIDText {
    static func make() -> String { UUID().uuidString }
    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}
