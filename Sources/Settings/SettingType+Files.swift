extension SettingType where Value == String {
    /// The path of a file. One that is relative starts from the configuration file's folder.
    ///
    /// The value is the path to open: with that folder before it. Where the file must exist it is an input, and its
    /// contents count as part of the setting when two configurations are compared.
    ///
    /// - Parameter mustExist: Whether it is an error if there is nothing to be read at the path.
    /// - Returns: The type of the setting.
    public static func file(mustExist: Bool) -> SettingType {
        SettingType(
            expected: "the path of a file",
            schema: { _ in ["type": "string", "minLength": 1] },
            read: { node, context in
                guard let written = string().read(node, &context) else { return nil }
                if written.value.utf8.contains(0) {
                    context.report("a path cannot have a NUL in it", at: node)
                    return nil
                }
                let path = context.resolve(written.value)
                if mustExist, !context.environment.isReadable(path) {
                    context.report("there is no readable file '\(path)'", at: node)
                    return nil
                }
                if mustExist {
                    context.hidden.append(HiddenValue(ofFile: path, in: context.environment, at: node.path))
                }
                return SettingReading(value: path, effective: .string(path))
            },
            render: { .string($0) }
        )
    }

    /// The path of a file that is read anew whenever it changes: so its contents do not count as part of the setting, and
    /// another content is no other configuration. It must be there and hold what it should when settings are read.
    ///
    /// - Parameters:
    ///   - maxBytes: How large it may be.
    ///   - check: What is wrong with its contents, if anything; never a part of them.
    /// - Returns: The type of the setting.
    public static func watchedFile(
        maxBytes: Int, _ check: @escaping @Sendable (_ path: String, _ bytes: [UInt8]) -> SettingProblem?
    ) -> SettingType {
        let path = file(mustExist: false)
        return SettingType(
            expected: path.expected,
            schema: path.schema,
            read: { node, context in
                guard let reading = path.read(node, &context) else { return nil }
                switch context.environment.contents(reading.value, maxBytes) {
                case .failure(let problem):
                    context.report(problem, at: node)
                    return nil
                case .success(let bytes):
                    guard let problem = check(reading.value, bytes) else { return reading }
                    context.report(problem, at: node)
                    return nil
                }
            },
            render: path.render
        )
    }
}
