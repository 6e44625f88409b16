import Foundation
import Testing

@Suite("The corpus of the fuzz targets of JSON")
struct JSONFuzzCorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fuzz/Corpus")

    @Test("Every input is still taken well", arguments: JSONFuzzEntries.all.keys.sorted())
    func replay(target: String) throws {
        let entry = try #require(JSONFuzzEntries.all[target])
        let folder = Self.folder.appending(path: target)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.isEmpty)
        for name in names { try Data(contentsOf: folder.appending(path: name)).withUnsafeBytes(entry) }
    }
}
