"""The only modules that know a wire: the Kubernetes API, the Tencent Cloud APIs, the payloads of SCF."""
