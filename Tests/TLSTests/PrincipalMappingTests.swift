import Settings
import Testing

@testable import TLS

@Suite struct PrincipalMappingTests {
    /// The examples of Kafka's documentation, and what its mapper makes of others.
    @Test(
        arguments: [
            ("DEFAULT", "CN=kafka,O=x", "CN=kafka,O=x"),
            (
                "RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/",
                "CN=serviceuser,OU=ServiceUsers,O=Unknown,L=Unknown,ST=Unknown,C=Unknown", "serviceuser"
            ),
            (
                "RULE:^CN=(.*?),OU=(.*?),O=(.*?),L=(.*?),ST=(.*?),C=(.*?)$/$1@$2/L",
                "CN=adminUser,OU=Admin,O=Unknown,L=Unknown,ST=Unknown,C=Unknown", "adminuser@admin"
            ),
            ("RULE:^.*[Cc][Nn]=([a-zA-Z0-9.]*).*$/$1/L", "O=x,CN=App.One,OU=y", "app.one"),
            ("RULE:^cn=(.?),ou=(.?),dc=(.?),dc=(.?)$/$1@$2/U", "cn=a,ou=b,dc=c,dc=d", "A@B"),
            ("RULE:^CN=([^,ADEFLTU,]+)(,.*|$)/$1/", "CN=xyz,O=q", "xyz"),
            ("RULE:^CN=([^,DEFAULT,]+)(,.*|$)/$1/", "CN=xyz", "xyz"),
            ("RULE:^CN=(.*?),.*$/$1/ , DEFAULT", "OU=z", "OU=z"),
            ("RULE:^CN=(.*?),.*$/$1/L,RULE:^OU=(.*)$/unit-$1/,DEFAULT", "OU=z", "unit-z"),
            ("RULE:^CN=(.*?), *OU=(.{2,4}),.*$/$1-$2/", "CN=a, OU=abc,x", "a-abc"),
            ("RULE:CN=(.*?)/$1/", "CN=kafka", "kafka"),
            ("RULE:.*/all/", "CN=kafka", "allall"),
            ("RULE:(C)(N)(x)?=.*/$12-$3-$2/", "CN=a", "C2--N"),
            ("RULE:^CN=([^,]*),?.*/\\$$1\\/x/", "CN=kafka,OU=x", "$kafka/x"),
            ("RULE:^CN=a\\/(b)$/$1/", "CN=a/b", "b"),
            ("RULE:^(.*)$/$1$2/", "CN=a", "CN=a$2"),
            ("RULE:^CN=.*$//", "CN=a", ""),
        ])
    func `the name is what Kafka makes of it`(rules: String, subject: String, name: String) throws {
        #expect(try PrincipalMappingRules(parsing: rules).name(for: subject) == name)
    }

    @Test func `what no rule describes has no name`() throws {
        let rules = try PrincipalMappingRules(parsing: "RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/")
        #expect(rules.name(for: "CN=x,OU=Others") == nil)
        #expect(rules.name(for: "xCN=x,OU=ServiceUsers") == nil)
        #expect(PrincipalMappingRules.default.name(for: String(repeating: "x", count: 5000)) == nil)
    }

    @Test(
        arguments: [
            "", "default", "DEFAUL", "DEFAULT/L", "DEFAULT/U", "DEFAULT,", "RULE:CN=(.*?),OU=ServiceUsers.*/$1",
            "rule:^CN=(.*?),OU=ServiceUsers.*$/$1/L/U", "RULE:^CN=(.*?),OU=ServiceUsers.*$/L",
            "RULE:^CN=(.*?),OU=ServiceUsers.*$/$1/L/U", "RULE:^CN=(.*?)$/$1/LU", "RULE:^CN=(.*$/$1/", "RULE:a/$1/",
            "RULE:(a)/$/", "RULE:(a)\\1/x/", "RULE:(?=a)/x/", "DEFAULT DEFAULT",
        ])
    func `what is no rule is refused`(rules: String) {
        #expect(throws: SettingProblem.self) { try PrincipalMappingRules(parsing: rules) }
    }

    @Test func `no subject takes long`() throws {
        let rules = try PrincipalMappingRules(parsing: "RULE:^(a+)+$/$1/,RULE:^(a|aa)*b$/$1/,RULE:^(.*)*x$/$1/")
        #expect(rules.name(for: String(repeating: "a", count: 4000) + "!") == nil)
    }
}

@Suite struct DistinguishedNameTests {
    /// What Java's `X500Principal.getName()` says of the same certificates.
    @Test(
        arguments: [
            (
                "/C=DE/ST=Bayern/L=M\u{fc}nchen/O=Ex, Inc./OU=A=B/CN=app",
                "CN=app,OU=A\\=B,O=Ex\\, Inc.,L=M\u{fc}nchen,ST=Bayern,C=DE"
            ),
            ("/DC=org/DC=example/UID=u1/CN=x", "CN=x,UID=u1,DC=example,DC=org"),
            ("/CN=a#b;c<d>\"e", "CN=a\\#b\\;c\\<d\\>\\\"e"),
            ("/CN=#lead", "CN=\\#lead"), ("/CN= lead", "CN=\\ lead"), ("/CN=trail ", "CN=trail\\ "),
            ("/emailAddress=a@b.c/CN=x", "CN=x,1.2.840.113549.1.9.1=#16056140622e63"),
            (
                "/serialNumber=12/title=Dr/GN=Max/SN=Mu/street=Road 1/CN=x",
                "CN=x,STREET=Road 1,2.5.4.4=#0c024d75,2.5.4.42=#0c034d6178,2.5.4.12=#0c024472,2.5.4.5=#13023132"
            ),
            ("/CN=a\\b", "CN=a\\\\b"), ("/O=x/CN=one+UID=7+OU=z", "OU=z+CN=one+UID=7,O=x"),
            ("/CN=\u{65e5}\u{672c}", "CN=\u{65e5}\u{672c}"), ("/DC=  /CN=a  b", "CN=a  b,DC=\\ \\ "),
        ])
    func `a subject is written as Java writes it`(subject: String, name: String) throws {
        let made = try Authority.make(subject)
        let read = try #require(CertificateDescription.all(in: Array(made.certificate.utf8))?.first)
        #expect(read.subject == name)
    }

    @Test func `a zero in a name is no end of it`() {
        let name = DistinguishedName([.init(identifier: "2.5.4.3", tag: 12, value: [97, 0, 98], encoded: [], set: 0)])
        #expect(name.text == "CN=a\\00b")
    }
}
