import FilterAPI
import Testing

@Suite("A set of filters")
struct FilterSetTests {
    @Test func `knows which are in it, also the last of many`() {
        var set = FilterSet()
        #expect(set.isEmpty)
        for place in [127, 0, 63, 64, 5] { set.insert(place) }
        #expect(!set.isEmpty)
        var copy = set
        var places: [Int] = []
        while let place = copy.popFirst() { places.append(place) }
        #expect(places == [0, 5, 63, 64, 127])
        for (last, left) in [(127, 5), (126, 4), (64, 4), (63, 3), (62, 2), (5, 2), (4, 1), (0, 1)] {
            var some = set
            some.remove(behind: last)
            #expect((0..<128).filter { some.contains($0) } == places.filter { $0 <= last })
            #expect(places.filter { some.contains($0) }.count == left)
        }
    }
}
