import Settings
import Testing

@Suite struct QuantityTests {
    @Test(arguments: [
        ("250ms", Duration.milliseconds(250)), ("1s", .seconds(1)), ("5m", .seconds(300)), ("1h", .seconds(3600)),
        ("2d", .seconds(172_800)), ("10us", .microseconds(10)), ("0s", .zero),
    ])
    func aDurationHasAUnit(text: String, duration: Duration) {
        #expect(Duration(settingsText: text) == duration)
        #expect(duration.settingsText == text)
    }

    @Test(arguments: [
        "5", "", "s", "-1s", "1.5s", "1 s", "1S", "1sec", "1h30m", "99999999999999d", "9999999999999999999s",
    ])
    func whatIsNoDurationIsRefused(text: String) {
        #expect(Duration(settingsText: text) == nil)
    }

    @Test func aDurationHasARange() {
        let type = SettingType<Duration>.duration(.milliseconds(1)...(.seconds(60)))
        #expect(type.decode("1ms").value == .milliseconds(1))
        #expect(type.decode("60s").value == .seconds(60))
        #expect(type.problem("61s") == "must be between 1ms and 1m, not 61s")
        #expect(type.problem("999us") == "must be between 1ms and 1m, not 999us")
        #expect(type.problem("5") == "expected a duration such as 250ms or 5s, found the number 5")
    }

    @Test(arguments: [
        ("100B", 100, "100B"), ("64KiB", 65_536, "64KiB"), ("1MiB", 1_048_576, "1MiB"), ("2GiB", 2_147_483_648, "2GiB"),
        ("1TiB", 1_099_511_627_776, "1TiB"), ("1KB", 1000, "1KB"), ("1kB", 1000, "1KB"), ("3MB", 3_000_000, "3MB"),
        ("1024B", 1024, "1KiB"), ("0B", 0, "0B"), ("1000MB", 1_000_000_000, "1GB"), ("1TB", 1_000_000_000_000, "1TB"),
    ])
    func aSizeHasAUnit(text: String, bytes: Int, shown: String) {
        #expect(ByteSize(text)?.bytes == bytes)
        #expect(ByteSize(text)?.description == shown)
    }

    @Test(arguments: ["64", "", "KiB", "-1B", "1.5MiB", "64 KiB", "64kib", "9999999TiB", "99999999999999999999B"])
    func whatIsNoSizeIsRefused(text: String) {
        #expect(ByteSize(text) == nil)
    }

    @Test func aSizeHasARange() {
        let type = SettingType<ByteSize>.byteSize(.kibibytes(1)...(.mebibytes(1)))
        #expect(type.decode("1MiB").value == .mebibytes(1))
        #expect(type.problem("1023B") == "must be between 1KiB and 1MiB, not 1023B")
        #expect(type.problem("2MiB") == "must be between 1KiB and 1MiB, not 2MiB")
        #expect(type.problem("100") == "expected a size such as 64KiB or 1MiB, found the number 100")
    }

    @Test(arguments: [("1000/s", 1000.0), ("60/m", 1), ("0.5/s", 0.5), ("3600/h", 1)])
    func aRateCountsOverATime(text: String, perSecond: Double) {
        #expect(Rate(text)?.perSecond == perSecond)
        #expect(Rate(text)?.description == text)
    }

    @Test(arguments: ["1000", "/s", "1/d", "1/s/s", "1./s", ".5/s", "1..5/s", "-1/s", "1KiB/s"])
    func whatIsNoRateIsRefused(text: String) {
        #expect(Rate(text) == nil)
    }

    @Test func aRateHasARange() {
        let type = SettingType<Rate>.rate(1...1000)
        #expect(type.decode("60/m").value == Rate(60, per: .minute))
        #expect(type.problem("59/m") == "must be between 1/s and 1000/s, not 59/m")
    }

    @Test(arguments: [("20MiB/s", 20_971_520.0), ("60KB/m", 1000)])
    func aByteRateCountsBytes(text: String, bytesPerSecond: Double) {
        #expect(ByteRate(text)?.bytesPerSecond == bytesPerSecond)
        #expect(ByteRate(text)?.description == text)
    }

    @Test(arguments: ["20/s", "20MiB", "20MiB/d", "/s", "20MiB/s/s"])
    func whatIsNoByteRateIsRefused(text: String) {
        #expect(ByteRate(text) == nil)
    }

    @Test func aByteRateHasARange() {
        let type = SettingType<ByteRate>.byteRate(.kibibytes(1)...(.mebibytes(1)))
        #expect(type.decode("1MiB/s").value?.bytesPerSecond == 1_048_576)
        #expect(type.problem("2MiB/s") == "must be between 1KiB/s and 1MiB/s, not 2MiB/s")
    }

    @Test(arguments: [("1%", 0.01), ("0.5%", 0.005), ("100%", 1), ("0%", 0)])
    func aPercentageIsAShare(text: String, fraction: Double) {
        #expect(Percentage(text)?.fraction == fraction)
        #expect(Percentage(text)?.description == text)
    }

    @Test(arguments: ["1", "101%", "-1%", "%", "1 %", "1.%"])
    func whatIsNoPercentageIsRefused(text: String) {
        #expect(Percentage(text) == nil)
    }
}
