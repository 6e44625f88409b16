import Settings
import Testing

@Suite struct NetworkTests {
    @Test(arguments: [
        ("127.0.0.1:9092", "127.0.0.1", 9092), ("broker-1.example.com:1", "broker-1.example.com", 1),
        ("[::1]:65535", "::1", 65_535), ("localhost:0", "localhost", 0), ("my_host:80", "my_host", 80),
        ("[fe80::1%eth0]:1", "fe80::1%eth0", 1),
    ])
    func anAddressIsAHostAndAPort(text: String, host: String, port: Int) throws {
        let address = try NetworkAddress(parsing: text)
        #expect(address == NetworkAddress(host: host, port: port))
        #expect(address.description == text)
    }

    @Test(arguments: [
        ("127.0.0.1", "expected an address with a port, such as 127.0.0.1:9092"),
        ("127.0.0.1:", "'' is not a port from 0 to 65535"), ("a:65536", "'65536' is not a port from 0 to 65535"),
        ("a:-1", "'-1' is not a port from 0 to 65535"), ("a:x", "'x' is not a port from 0 to 65535"),
        ("::1:9092", "an IPv6 address is written in brackets, as [::1]:9092"),
        ("[::1:9092", "'[' without ']' in '[::1:9092'"),
        ("[::1]", "expected an address with a port, such as [::1]:9092"),
        ("[127.0.0.1]:1", "'127.0.0.1' in brackets is not an IPv6 address"),
        (":9092", "expected a host before the port, such as 127.0.0.1 or (for all addresses) 0.0.0.0"),
        ("127.0.0.300:1", "'127.0.0.300' is not an IP address"), ("a..b:1", "'a..b' is not a host name or IP address"),
        ("-a:1", "'-a' is not a host name or IP address"), ("a b:1", "'a b' is not a host name or IP address"),
        ("http://a:1", "an IPv6 address is written in brackets, as [::1]:9092"),
    ])
    func whatIsNoAddressIsRefused(text: String, problem: String) {
        #expect(throws: SettingProblem(problem)) { try NetworkAddress(parsing: text) }
    }

    @Test func anAddressHasItsPorts() {
        #expect(SettingType<NetworkAddress>.address().problem("a:0") == "the port must be between 1 and 65535")
        #expect(SettingType<NetworkAddress>.address(ports: 0...65_535).problem("a:0") == nil)
    }

    @Test(arguments: [
        ("127.0.0.1:1", "127.0.0.1:1", true), ("127.0.0.1:1", "127.0.0.1:2", false),
        ("127.0.0.1:1", "127.0.0.2:1", false), ("0.0.0.0:1", "127.0.0.1:1", true), ("127.0.0.1:1", "0.0.0.0:1", true),
        ("[::]:1", "127.0.0.1:1", true), ("0.0.0.0:1", "[::1]:1", false), ("[::]:1", "[::1]:1", true),
        ("localhost:1", "127.0.0.1:1", true), ("0.0.0.0:1", "some.host:1", true), ("a:1", "b:1", false),
        ("A:1", "a:1", true), ("0.0.0.0:0", "0.0.0.0:0", false),
    ])
    func addressesClashWhenTheyOverlap(left: String, right: String, clash: Bool) throws {
        let left = try NetworkAddress(parsing: left)
        let right = try NetworkAddress(parsing: right)
        #expect(left.clashes(with: right) == clash)
        #expect(right.clashes(with: left) == clash)
    }

    @Test(arguments: [
        ("9093-9192", 9093, 9192), ("9093", 9093, 9093), ("1-65535", 1, 65_535),
    ])
    func aPortRangeHasTwoEnds(text: String, first: Int, last: Int) {
        let range = SettingType<PortRange>.portRange.decode(.plain(text)).value
        #expect(range == PortRange(first: first, last: last))
        #expect(range?.description == text)
    }

    @Test(arguments: [
        ("9192-9093", "the first port is behind the last"), ("0-5", "ports must be between 1 and 65535"),
        ("1-65536", "ports must be between 1 and 65535"),
        ("1-2-3", "expected a range of ports such as 9093-9192, found '1-2-3'"),
        ("1-", "expected a range of ports such as 9093-9192, found '1-'"),
        ("a-b", "expected a range of ports such as 9093-9192, found 'a-b'"),
    ])
    func whatIsNoPortRangeIsRefused(text: String, problem: String) {
        #expect(SettingType<PortRange>.portRange.problem(.plain(text)) == problem)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.4", false), ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false),
        ("192.168.4.0/22", "192.168.7.255", true), ("192.168.4.0/22", "192.168.8.0", false),
        ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false), ("10.0.0.0/8", "::ffff:10.1.1.1", true),
    ])
    func aNetworkContainsAddresses(network: String, address: String, isIn: Bool) throws {
        let address = try #require(IPAddress(address))
        #expect(try NetworkPrefix(parsing: network).contains(address) == isIn)
        #expect(try NetworkPrefix(parsing: network).description == network)
    }

    @Test(arguments: [
        ("10.0.0.1/8", "'10.0.0.1/8' has bits set behind its first 8"),
        ("10.0.0.0/33", "'33' is not a prefix length from 0 to 32"),
        ("::/129", "'129' is not a prefix length from 0 to 128"),
        ("10.0.0.0/", "'' is not a prefix length from 0 to 32"),
        ("host/8", "'host/8' is not an address or a network such as 10.0.0.0/8"),
        ("1.2.3.4/5/6", "'1.2.3.4/5/6' is not an address or a network such as 10.0.0.0/8"),
    ])
    func whatIsNoNetworkIsRefused(text: String, problem: String) {
        #expect(throws: SettingProblem(problem)) { try NetworkPrefix(parsing: text) }
    }

    @Test func anAddressOfIPv4InIPv6IsTheIPv4Address() {
        #expect(IPAddress("::ffff:1.2.3.4") == IPAddress("1.2.3.4"))
        #expect(IPAddress(bytes: [1, 2, 3]) == nil)
        #expect(IPAddress("2001:DB8::1")?.description == "2001:db8::1")
    }
}
