extension SettingType where Value == String {
    /// The name of one of the clusters of the configuration. That there is such a cluster is checked when the whole file
    /// has been read.
    public static var clusterName: SettingType {
        SettingType(
            expected: name.expected,
            schema: name.schema,
            read: { node, context in
                guard let reading = name.read(node, &context) else { return nil }
                context.clusterNames.append(Located(reading.value, mark: node.mark, path: node.path))
                return reading
            },
            render: name.render
        )
    }
}
