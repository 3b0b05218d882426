// Podsecurity reads a JSON array of Pods, or of objects with a pod template, on standard input and writes a JSON array with the
// violations of each, by the evaluator the API server itself uses:
//
//	podsecurity restricted <objects.json
package main

import (
	"encoding/json"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// object is a Pod, or what makes Pods: a Deployment, a StatefulSet, a Job.
type object struct {
	Kind     string            `json:"kind"`
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     json.RawMessage   `json:"spec"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("usage: %s privileged|baseline|restricted", os.Args[0])
	}
	level, err := api.ParseLevel(os.Args[1])
	if err != nil {
		return err
	}
	var objects []object
	if err := json.NewDecoder(os.Stdin).Decode(&objects); err != nil {
		return err
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		return err
	}
	violations := make([][]string, 0, len(objects))
	for _, object := range objects {
		pod, err := podOf(object)
		if err != nil {
			return fmt.Errorf("%s %s: %w", object.Kind, object.Metadata.Name, err)
		}
		wanted := api.LevelVersion{Level: level, Version: api.LatestVersion()}
		found := []string{}
		for _, result := range evaluator.EvaluatePod(wanted, &pod.ObjectMeta, &pod.Spec) {
			if !result.Allowed {
				found = append(found, result.ForbiddenReason+" ("+result.ForbiddenDetail+")")
			}
		}
		violations = append(violations, found)
	}
	return json.NewEncoder(os.Stdout).Encode(violations)
}

func podOf(object object) (*corev1.PodTemplateSpec, error) {
	var template corev1.PodTemplateSpec
	if object.Kind == "Pod" {
		template.ObjectMeta = object.Metadata
		if err := json.Unmarshal(object.Spec, &template.Spec); err != nil {
			return nil, err
		}
		return &template, nil
	}
	var spec struct {
		Template *corev1.PodTemplateSpec `json:"template"`
	}
	if err := json.Unmarshal(object.Spec, &spec); err != nil {
		return nil, err
	}
	if spec.Template == nil {
		return nil, fmt.Errorf("there is no pod in it")
	}
	return spec.Template, nil
}
