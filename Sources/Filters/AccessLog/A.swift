public import FilterAPI
import NIOCore
public import Settings
/// stub
public enum AccessLogFilterFactory: FilterFactory {
    public static var type: String { "access_log" }
    public static var summary: String { "x" }
    public static func read(_ reader: inout SettingsReader) -> Bool? { true }
    public static func make(_ c: Bool, context: FilterContext) throws -> any Filter { F() }
}
struct F: Filter { var interests: [Interest] { [] }; func makeConnectionFilter(_ c: ConnectionContext) -> any ConnectionFilter { G() } }
final class G: ConnectionFilter {}
