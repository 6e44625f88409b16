import ArgumentParser
import Settings
import SluiceConfiguration

/// A proxy that runs, as its admin server tells of it.
///
/// Only pages are read, so that looking is all that this can do. What the pages do not show is not compared: values of
/// secrets, and contents of files that settings name. `POST /reload?dry_run` knows those.
struct RunningProxy: ExpressibleByArgument {
    private let address: NetworkAddress

    /// An address as `http://127.0.0.1:9901`; nil if it is not of that form.
    init?(argument: String) {
        var text = argument[...]
        if text.hasPrefix("http://") { text = text.dropFirst("http://".count) }
        if text.hasSuffix("/") { text = text.dropLast() }
        guard let address = try? NetworkAddress(parsing: String(text)), address.port != 0 else { return nil }
        self.address = address
    }

    /// What the proxy would change if it took a configuration up.
    func report(on file: LoadedConfiguration) throws(Failure) -> ReloadReport {
        let running = ConfigurationOutline(effective: try page("/config_dump"))
        var connections: [String: Int] = [:]
        guard case .array(let listeners) = try page("/listeners") else { throw Failure("/listeners", "is not a list") }
        for listener in listeners {
            guard case .string(let name)? = listener["name"], case .integer(let open)? = listener["connections"] else {
                throw Failure("/listeners", "has no names and connections")
            }
            // What is being drained already is not drained by this.
            var draining = 0
            if case .integer(let count)? = listener["draining"] { draining = count }
            connections[name] = max(0, open - draining)
        }
        return ReloadReport(
            ConfigurationDiff(from: running, to: ConfigurationOutline(effective: file.effective)),
            connections: connections, tense: .would,
            notes: file.outline.hasHiddenValues
                ? ["values of secrets and contents of files are not compared; POST /reload?dry_run compares them"] : [])
    }

    private func page(_ path: String) throws(Failure) -> JSONValue {
        let answer: SmallHTTP.Answer
        do throws(SmallHTTP.Failure) {
            answer = try SmallHTTP(host: address.host, port: UInt16(clamping: address.port)).get("\(path)?format=json")
        } catch {
            throw Failure(path, "\(error)", of: address)
        }
        guard answer.status == 200 else {
            throw Failure(path, "\(answer.status) \(answer.body.prefix(200).filter { !$0.isNewline })", of: address)
        }
        guard let document = JSONDocument(answer.body) else { throw Failure(path, "is not JSON", of: address) }
        return document.value
    }

    /// Why a page could not be had.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ path: String, _ reason: String, of address: NetworkAddress? = nil) {
            description = "\(address.map { "http://\($0)" } ?? "")\(path): \(reason)"
        }
    }
}
