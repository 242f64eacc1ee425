{{- define "deepfake.labels" -}}
app.kubernetes.io/name: deepfake
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "deepfake.name" -}}
{{ printf "%s-%s" .root.Release.Name .part | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "deepfake.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false # their variables begin with the name of the release, as settings do
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user | default 10001 }}
  runAsGroup: {{ .group | default 10001 }}
  fsGroup: {{ .group | default 10001 }}
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "deepfake.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "deepfake.env" -}}
{{- if .Values.redisUrl.secret }}
- name: DEEPFAKE_REDIS_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.redisUrl.secret }}, key: {{ .Values.redisUrl.key }}}}
{{- else }}
- name: REDIS_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ required "name redisUrl.secret, or redis.passwordSecret for a Redis of the chart" .Values.redis.passwordSecret }}
      key: password
- {name: DEEPFAKE_REDIS_URL, value: "redis://:$(REDIS_PASSWORD)@{{ include "deepfake.name" (dict "root" . "part" "redis") }}:6379/0"}
{{- end }}
- {name: DEEPFAKE_METRICS_PORT, value: {{ .Values.metrics.port | quote }}}
- {name: DEEPFAKE_METRICS_HOST, value: 0.0.0.0}
{{- range $name, $value := .Values.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{- define "deepfake.envFrom" -}}
{{- with .Values.envFrom }}
envFrom: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}
