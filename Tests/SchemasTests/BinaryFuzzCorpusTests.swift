import Foundation
import Testing

@Suite("The corpus of the fuzz targets of binary formats")
struct BinaryFuzzCorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fuzz/Corpus")

    @Test(arguments: BinaryFuzzEntries.all.keys.sorted())
    func `every input is still taken well`(target: String) throws {
        let entry = try #require(BinaryFuzzEntries.all[target])
        let folder = Self.folder.appending(path: target)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.isEmpty)
        for name in names { try Data(contentsOf: folder.appending(path: name)).withUnsafeBytes(entry) }
    }
}
